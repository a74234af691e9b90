// SPDX-License-Identifier: Apache-2.0

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::path::join;

/// Returns the paths of keys that a JSON text states more than once, in the order of the text.
///
/// A parsed [`Value`](serde_json::Value) no longer shows them; strict decoding reports each as `duplicate field "…"`.
/// A text that is not JSON has none.
///
/// ```
/// use gitops_api::schema::duplicate_fields;
///
/// assert_eq!(duplicate_fields(r#"{"spec": {"a": 1, "b": [{"c": 1, "c": 2}], "a": 3}}"#), ["spec.b[0].c", "spec.a"]);
/// ```
pub fn duplicate_fields(json: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let seed = Place { path: String::new(), found: &found };
    match seed.deserialize(&mut deserializer).and_then(|()| deserializer.end()) {
        Ok(()) => found.into_inner(),
        Err(_) => Vec::new(),
    }
}

struct Place<'a> {
    path: String,
    found: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        let place = |index: usize| Place { path: format!("{}[{index}]", self.path), found: self.found };
        while items.next_element_seed(place(index))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = fields.next_key::<String>()? {
            let path = join(&self.path, &key);
            if seen.insert(key) {
                fields.next_value_seed(Place { path, found: self.found })?;
            } else {
                self.found.try_borrow_mut().map_err(A::Error::custom)?.push(path);
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
