// SPDX-License-Identifier: Apache-2.0

//! Builds Kubernetes manifests from a kustomization, with no cluster and no kubectl.
