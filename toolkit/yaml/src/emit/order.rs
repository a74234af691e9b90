// SPDX-License-Identifier: Apache-2.0

use std::cmp::Ordering;

/// The order of Go's YAML library: letters after everything else, runs of digits by their number.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return compare_units(a.as_bytes(), b.as_bytes(), |b| u32::from(*b), |b| b.is_ascii_alphabetic());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    compare_units(&a, &b, |c| u32::from(*c), |c| c.is_alphabetic())
}

fn compare_units<T: PartialEq>(
    a: &[T],
    b: &[T],
    code: impl Fn(&T) -> u32,
    letter: impl Fn(&T) -> bool,
) -> Ordering {
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (x, y) = (&a[at], &b[at]);
    match (letter(x), letter(y)) {
        (true, true) => return code(x).cmp(&code(y)),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let zero = u32::from('0');
    let digit = |unit: &T| code(unit).checked_sub(zero).filter(|d| *d < 10);
    let mut start = 0i64;
    if code(x) == zero || code(y) == zero {
        // A zero inside a number counts, a leading one does not.
        let inside = a[..at].iter().rev().map(&digit).take_while(Option::is_some).any(|d| d != Some(0));
        start = i64::from(inside);
    }
    let run = |units: &[T]| {
        let mut number = start;
        let mut length = 0;
        for value in units[at..].iter().map_while(&digit) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(value));
            length += 1;
        }
        (number, length)
    };
    run(a).cmp(&run(b)).then_with(|| code(x).cmp(&code(y)))
}
