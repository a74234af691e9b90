// SPDX-License-Identifier: Apache-2.0

//! YAML as Go reads and writes it: nodes with spans, comments and styles, byte-exact edits.
//!
//! ```
//! use gitops_yaml::{Dialect, Limits, emit, read_values};
//!
//! let text = b"defaults: &d {mode: 0755}\napp:\n  <<: *d\n  on: \"yes\"\n";
//! let values = read_values(text, Dialect::V3, &Limits::default())?;
//! assert_eq!(values[0]["app"]["mode"], 493);
//! assert_eq!(emit::to_yaml(&values[0]["app"]), "mode: 493\n\"on\": \"yes\"\n");
//! # Ok::<(), gitops_yaml::Error>(())
//! ```
//!
//! # Where to start
//!
//! - [`read_values`]: documents of a file as JSON values;
//! - [`emit::to_yaml`]: a JSON value as YAML, as kustomize and kubectl print it;
//! - [`parse`] and [`Edits`]: nodes with spans and comments, and changes that keep every other byte.
//!
//! # Compatibility
//!
//! Scalars resolve and values print as with `sigs.k8s.io/yaml` 1.6 on `go.yaml.in/yaml/v2` ([`Dialect::V2`]) and
//! `go.yaml.in/yaml/v3` ([`Dialect::V3`]), recorded from these libraries under `tests/oracle` (tests
//! `scalars_resolve_as_in_go`, `documents_read_as_in_go`, `random_values_print_as_in_go`), down to the texts of errors.
//! What differs: merges of maps whose keys are not strings are an error under [`Dialect::V3`]; lines count through a
//! stream of documents (`lines_count_from_the_beginning_of_the_stream`); zones beyond 23 hours or 59 minutes make a
//! string and no time; a limit takes the place of Go's ratio of aliases
//! (`aliases_of_aliases_do_not_multiply_without_bound`).
//!
//! # Not supported
//!
//! Writing nodes back with their comments (edit the text by span instead), UTF-16, mappings as keys.
//!
//! # Untrusted input
//!
//! [`Limits`] bounds bytes, depth, nodes and what aliases expand to; all have safe defaults. Nothing here panics on
//! input, reads files or keeps state.

mod edit;
pub mod emit;
mod error;
mod event;
mod limits;
mod node;
mod number;
mod parse;
mod quote;
mod read;
mod resolve;
mod scalar;
mod scan;
mod split;
mod timestamp;
mod value;

pub use edit::Edits;
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use node::{Comments, Document, Kind, Mapping, Node, Scalar, ScalarStyle, Sequence, Span};
pub use parse::parse;
pub use read::{read_documents, read_value, read_value_strict, read_values};
pub use resolve::{plain_tag, resolve};
pub use scalar::Dialect;
pub use split::{Chunk, normalize, split};
