// SPDX-License-Identifier: Apache-2.0

//! Git without a worktree or a process: resolve, fetch, walk.
