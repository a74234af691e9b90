// SPDX-License-Identifier: Apache-2.0

//! YAML as Go reads and writes it: nodes with spans, comments and styles, byte-exact edits.
