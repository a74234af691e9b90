// SPDX-License-Identifier: Apache-2.0

//! An embedded Kubernetes API server, fault plans and loopback servers for tests and demos.
