// SPDX-License-Identifier: Apache-2.0

//! Tests of the types against their definitions.
#![cfg(feature = "crds")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod conditions;
mod definitions;
mod duration;
mod effective;
mod kinds;
#[cfg(feature = "validate")]
mod property;
mod round_trip;
#[cfg(feature = "validate")]
mod validation;
