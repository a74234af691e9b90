// SPDX-License-Identifier: Apache-2.0

//! Sources of the GitOps Toolkit behind one front door.
