// SPDX-License-Identifier: Apache-2.0

//! Dates of HTTP, in the one form that is written today.

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};

const FORM: &str = "%a, %d %b %Y %H:%M:%S GMT";

pub(super) fn format(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC).strftime(FORM).to_string()
}

pub(super) fn parse(text: &str) -> Option<u64> {
    let time = strtime::parse(FORM, text).ok()?.to_datetime().ok()?;
    u64::try_from(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()).ok()
}
