// SPDX-License-Identifier: Apache-2.0

//! Typed values out of JSON the way Go's decoder gives them: keys in any case, null as nothing, its words for mistakes.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};

/// How strictly to read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Decoder {
    unknown_fields: bool,
    scalars_as_text: bool,
}

impl Decoder {
    /// Kustomization files: no unknown fields, texts must be texts.
    pub(crate) const STRICT: Self = Self { unknown_fields: false, scalars_as_text: false };
    /// Transformer configurations: no unknown fields, other scalars count as text where text is wanted.
    pub(crate) const STRICT_TEXT: Self = Self { unknown_fields: false, scalars_as_text: true };
    /// Plugin configurations: unknown fields do not matter.
    pub(crate) const LAX: Self = Self { unknown_fields: true, scalars_as_text: true };
    /// Parts of plugin configurations in which Go's decoder loses sight of the wanted types.
    pub(crate) const LAX_TYPED: Self = Self { unknown_fields: true, scalars_as_text: false };

    pub(crate) fn text(self, value: &Value, field: &str, target: &str) -> Result<String, Error> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            Value::Bool(bool) if self.scalars_as_text => Ok(bool.to_string()),
            Value::Number(number) if self.scalars_as_text => Ok(match number.as_f64() {
                Some(float) if number.is_f64() => crate::node::go_float(float, 'g'),
                _ => number.to_string(),
            }),
            other => Err(mismatch(other, field, target)),
        }
    }

    pub(crate) fn texts(self, value: Option<&Value>, field: &str) -> Result<Vec<String>, Error> {
        list(value, field, "[]string")?.iter().map(|item| self.text(item, field, "string")).collect()
    }

    /// A map of texts, sorted by key.
    pub(crate) fn text_map(self, value: Option<&Value>, field: &str) -> Result<Vec<(String, String)>, Error> {
        match value {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(map)) => {
                let mut out = map
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.text(value, field, "string")?)))
                    .collect::<Result<Vec<_>, Error>>()?;
                out.sort();
                Ok(out)
            }
            Some(other) => Err(mismatch(other, field, "map[string]string")),
        }
    }
}

/// The items of a list; null is none.
pub(crate) fn list<'v>(value: Option<&'v Value>, field: &str, target: &str) -> Result<&'v [Value], Error> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(mismatch(other, field, target)),
    }
}

fn mismatch(value: &Value, field: &str, target: &str) -> Error {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) if target == "int64" => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    Error::new(
        ErrorKind::Kustomization,
        format!("json: cannot unmarshal {found} into Go struct field {field} of type {target}"),
    )
}

/// The fields of an object, taken one by one; what is left over is unknown.
pub(crate) struct Fields<'v> {
    map: Option<&'v Map<String, Value>>,
    taken: Vec<&'v str>,
    path: String,
    decoder: Decoder,
}

impl<'v> Fields<'v> {
    pub(crate) fn new(value: &'v Value, path: &str, decoder: Decoder) -> Result<Self, Error> {
        let map = match value {
            Value::Object(map) => Some(map),
            Value::Null => None,
            other => {
                let message = mismatch(other, "x", path)
                    .message()
                    .replace("into Go struct field x of type ", "into Go value of type types.");
                return Err(Error::new(ErrorKind::Kustomization, message));
            }
        };
        Ok(Self { map, taken: Vec::new(), path: path.to_owned(), decoder })
    }

    pub(crate) fn decoder(&self) -> Decoder {
        self.decoder
    }

    /// The field of a name, its case ignored. A field that is given twice in different case counts last.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'v Value> {
        let map = self.map?;
        if let Some((key, value)) = map.get_key_value(name) {
            self.taken.push(key);
            if map.keys().filter(|other| other.eq_ignore_ascii_case(name)).count() == 1 {
                return Some(value);
            }
        }
        let mut found = None;
        for (key, value) in map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            self.taken.push(key);
            found = Some(value);
        }
        found
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, Error> {
        let path = self.path(name);
        match self.take(name) {
            Some(value) => self.decoder.text(value, &path, "string"),
            None => Ok(String::new()),
        }
    }

    /// A text of an embedded struct: Go's decoder does not make texts of other scalars there.
    pub(crate) fn plain_text(&mut self, name: &str) -> Result<String, Error> {
        let path = self.path(name);
        match self.take(name) {
            Some(value) => Decoder::STRICT.text(value, &path, "string"),
            None => Ok(String::new()),
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Error> {
        let path = self.path(name);
        let value = self.take(name);
        self.decoder.texts(value, &path)
    }

    pub(crate) fn text_map(&mut self, name: &str) -> Result<Vec<(String, String)>, Error> {
        let path = self.path(name);
        let value = self.take(name);
        self.decoder.text_map(value, &path)
    }

    pub(crate) fn bool(&mut self, name: &str) -> Result<bool, Error> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(bool)) => Ok(*bool),
            Some(other) => Err(mismatch(other, &self.path(name), "bool")),
        }
    }

    pub(crate) fn int(&mut self, name: &str) -> Result<i64, Error> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(0),
            Some(value) => value.as_i64().ok_or_else(|| mismatch(value, &self.path(name), "int64")),
        }
    }

    /// A list whose items are decoded one by one.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        target: &str,
        decode: impl FnMut(&'v Value) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let path = self.path(name);
        let value = self.take(name);
        list(value, &path, target)?.iter().map(decode).collect()
    }

    /// An object, if it is given.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        target: &str,
        decode: impl FnOnce(&'v Value) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value @ Value::Object(_)) => decode(value).map(Some),
            Some(other) => Err(mismatch(other, &self.path(name), target)),
        }
    }

    /// Refuses fields that nobody took, if the decoder is strict.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let Some(map) = self.map.filter(|_| !self.decoder.unknown_fields) else { return Ok(()) };
        match map.keys().find(|key| !self.taken.contains(&key.as_str())) {
            Some(key) => Err(Error::new(ErrorKind::Kustomization, format!("json: unknown field \"{key}\""))),
            None => Ok(()),
        }
    }
}
