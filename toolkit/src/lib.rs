// SPDX-License-Identifier: Apache-2.0

//! Types and engines of the GitOps Toolkit behind one front door.
