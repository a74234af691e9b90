// SPDX-License-Identifier: Apache-2.0

//! Server-side apply: plan, apply, inventory, prune, health, diff.
