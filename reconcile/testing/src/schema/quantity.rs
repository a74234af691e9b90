// SPDX-License-Identifier: Apache-2.0

//! Kubernetes quantities in their canonical form.

/// Returns the canonical form of a quantity, or nothing when it is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let valid = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !valid(whole) || !valid(fraction) {
        return None;
    }
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = -i32::try_from(fraction.len()).ok()?;
    if let Some(power) = binary(suffix) {
        return Some(sign(negative, &binary_text(mantissa, scale, power)?));
    }
    let (exponent, scientific) = decimal(suffix)?;
    Some(sign(negative, &decimal_text(mantissa, scale + exponent, scientific)?))
}

fn sign(negative: bool, text: &str) -> String {
    if negative && text != "0" { format!("-{text}") } else { text.to_owned() }
}

const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

fn binary(suffix: &str) -> Option<u32> {
    BINARY.iter().position(|known| *known == suffix).and_then(|at| u32::try_from(at + 1).ok())
}

fn decimal(suffix: &str) -> Option<(i32, bool)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((*exponent, false));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().map(|exponent| (exponent, true))
}

fn binary_text(mantissa: i128, scale: i32, power: u32) -> Option<String> {
    let factor = 1024_i128.checked_pow(power)?;
    let ten = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
    let product = mantissa.checked_mul(factor)?;
    if product % ten != 0 {
        // A fraction of a byte: rounded up, as quantities are.
        let rounded = product / ten + 1;
        return if rounded < 1024 { decimal_text(rounded, 0, false) } else { Some(pick_binary(rounded)) };
    }
    let value = product / ten;
    if value < 1024 { decimal_text(value, 0, false) } else { Some(pick_binary(value)) }
}

fn pick_binary(mut value: i128) -> String {
    let mut unit = "";
    for suffix in BINARY {
        if value % 1024 != 0 || value == 0 {
            break;
        }
        value /= 1024;
        unit = suffix;
    }
    format!("{value}{unit}")
}

fn decimal_text(mut mantissa: i128, mut exponent: i32, scientific: bool) -> Option<String> {
    if mantissa == 0 {
        return Some("0".to_owned());
    }
    while mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    while exponent < -9 {
        let up = mantissa % 10 != 0;
        mantissa = mantissa / 10 + i128::from(up);
        exponent += 1;
    }
    while exponent.rem_euclid(3) != 0 {
        mantissa = mantissa.checked_mul(10)?;
        exponent -= 1;
    }
    while exponent > 18 && !scientific {
        mantissa = mantissa.checked_mul(1000)?;
        exponent -= 3;
    }
    if scientific {
        return Some(if exponent == 0 { mantissa.to_string() } else { format!("{mantissa}e{exponent}") });
    }
    let (suffix, _) = DECIMAL.iter().find(|(_, known)| *known == exponent)?;
    Some(format!("{mantissa}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn quantities_are_written_in_their_canonical_form() {
        let cases = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("100", "100"),
            ("1e3", "1e3"),
            ("1000", "1k"),
            ("0", "0"),
            ("-1000m", "-1"),
            ("1500m", "1500m"),
            ("512Ki", "512Ki"),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "x", "1x", "--1", "1.2.3"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
