// SPDX-License-Identifier: Apache-2.0

//! Tests of the public interface, one module per concept.

mod fetch;
mod ignore;
mod pack;
mod store;
mod text;
mod unpack;
