// SPDX-License-Identifier: Apache-2.0

/// Makes a struct of `metadata`, `spec` and, where there is one, `status` a Kubernetes kind.
///
/// The struct itself is written by hand; this adds `apiVersion` and `kind` on the wire, the traits of `k8s-openapi`
/// (and through them `Resource` of kube) and the definition for the API server.
macro_rules! resource {
    ($kind:ident, $group:literal, $version:literal, $plural:literal, $spec:ty, $status:ty,
     about: $about:literal, short: [$($short:literal),*], categories: [$($category:literal),*], columns: $columns:expr,
     status_default: $status_default:expr, observed: $observed:tt $(, substitutable: $substitutable:literal)? $(,)?) => {
        impl $kind {
            /// Short names of the kind for `kubectl`.
            pub const SHORT_NAMES: &[&str] = &[$($short),*];
        }

        $crate::resource::resource!(@base $kind, $group, $version, $plural, $spec, { status: Option<$status>, });

        impl $kind {
            /// Returns the custom resource definition, as an installer sends it to the API server.
            #[cfg(feature = "crds")]
            pub fn crd() -> ::serde_json::Value {
                const COLUMNS: &[$crate::crd::Column] = $columns;
                $crate::crd::Definition {
                    group: $group, version: $version, kind: stringify!($kind), plural: $plural,
                    short: Self::SHORT_NAMES, categories: &[$($category),*], columns: COLUMNS,
                    about: $about,
                    spec: $crate::crd::schema::<$spec>(),
                    status: Some($crate::crd::schema::<$status>()),
                    status_default: $status_default,
                    substitutable: false $(|| $substitutable)?,
                }.build()
            }

            /// Returns the condition of a type.
            pub fn condition(&self, type_: &str) -> Option<&$crate::meta::Condition> {
                $crate::meta::condition::get($crate::meta::Conditions::conditions(self), type_)
            }

            /// Returns whether the current spec is fully in effect: `Ready` holds for the newest generation, and neither
            /// `Reconciling` nor `Stalled` does.
            pub fn is_ready(&self) -> bool {
                let observed = $crate::resource::resource!(@observed self, $observed);
                let conditions = $crate::meta::Conditions::conditions(self);
                $crate::meta::is_current(self.metadata.generation, observed, conditions)
            }

            /// Returns the message of the `Ready` condition.
            pub fn ready_message(&self) -> Option<&str> {
                $crate::meta::condition::ready_message($crate::meta::Conditions::conditions(self))
            }
        }

        impl $crate::meta::Conditions for $kind {
            fn conditions(&self) -> &[$crate::meta::Condition] {
                self.status.as_ref().map_or(&[], |status| &status.conditions)
            }

            fn conditions_mut(&mut self) -> &mut Vec<$crate::meta::Condition> {
                &mut self.status.get_or_insert_default().conditions
            }
        }

        #[cfg(feature = "kube")]
        impl ::kube_core::object::HasStatus for $kind {
            type Status = $status;

            fn status(&self) -> Option<&Self::Status> {
                self.status.as_ref()
            }

            fn status_mut(&mut self) -> &mut Option<Self::Status> {
                &mut self.status
            }
        }
    };
    ($kind:ident, $group:literal, $version:literal, $plural:literal, $spec:ty,
     about: $about:literal, short: [$($short:literal),*], categories: [$($category:literal),*], columns: $columns:expr $(,)?) => {
        impl $kind {
            /// Short names of the kind for `kubectl`.
            pub const SHORT_NAMES: &[&str] = &[$($short),*];
        }

        $crate::resource::resource!(@base $kind, $group, $version, $plural, $spec, {});

        impl $kind {
            /// Returns the custom resource definition, as an installer sends it to the API server.
            #[cfg(feature = "crds")]
            pub fn crd() -> ::serde_json::Value {
                const COLUMNS: &[$crate::crd::Column] = $columns;
                $crate::crd::Definition {
                    group: $group, version: $version, kind: stringify!($kind), plural: $plural,
                    short: Self::SHORT_NAMES, categories: &[$($category),*], columns: COLUMNS,
                    about: $about,
                    spec: $crate::crd::schema::<$spec>(),
                    status: None,
                    status_default: None,
                    substitutable: false,
                }.build()
            }
        }
    };
    (@observed $self:ident, true) => { $self.status.as_ref().map(|status| status.observed_generation) };
    (@observed $self:ident, false) => { None };
    (@base $kind:ident, $group:literal, $version:literal, $plural:literal, $spec:ty,
     { $($status:ident: $status_ty:ty,)? }) => {
        impl $kind {
            /// Group of the kind.
            pub const GROUP: &str = $group;
            /// Version of the kind.
            pub const VERSION: &str = $version;
            /// Group and version as they stand in `apiVersion`.
            pub const API_VERSION: &str = concat!($group, "/", $version);
            /// Name of the kind.
            pub const KIND: &str = stringify!($kind);
            /// Name of the kind in URLs.
            pub const PLURAL: &str = $plural;

            /// Returns an object with this name and spec, in no namespace yet.
            pub fn new(name: impl Into<String>, spec: $spec) -> Self {
                Self {
                    metadata: $crate::meta::ObjectMeta { name: Some(name.into()), ..Default::default() },
                    spec,
                    $($status: None,)?
                }
            }

            /// Puts the object into a namespace.
            #[must_use]
            pub fn within(mut self, namespace: impl Into<String>) -> Self {
                self.metadata.namespace = Some(namespace.into());
                self
            }
        }

        #[cfg(feature = "validate")]
        impl $kind {
            /// Returns the compiled definition, for work on objects as JSON.
            pub fn schema() -> &'static $crate::schema::Schema {
                static SCHEMA: ::std::sync::OnceLock<$crate::schema::Schema> = ::std::sync::OnceLock::new();
                SCHEMA.get_or_init(|| $crate::resource::compile(&Self::crd(), $version))
            }

            /// Returns the object as the API server would give it back: with every default filled in.
            pub fn defaulted(&self) -> Self {
                $crate::resource::defaulted(self, Self::schema())
            }

            /// Returns everything that the API server would refuse in a new object, rules included, in its words.
            ///
            /// Defaults are filled in first, as the API server does; the object itself stays as it is.
            pub fn validate(&self) -> Vec<$crate::schema::Violation> {
                let schema = Self::schema();
                schema.validate(&$crate::resource::stored(self, schema))
            }

            /// Returns everything that the API server would refuse in an update from `old`.
            ///
            /// What was wrong before and has not changed is excused, as the API server does.
            pub fn validate_update(&self, old: &Self) -> Vec<$crate::schema::Violation> {
                let schema = Self::schema();
                let (new, old) =
                    ($crate::resource::stored(self, schema), $crate::resource::stored(old, schema));
                schema.validate_update(&new, &old).0
            }
        }

        impl ::k8s_openapi::Resource for $kind {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = stringify!($kind);
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = ::k8s_openapi::NamespaceResourceScope;
        }

        impl ::k8s_openapi::ListableResource for $kind {
            const LIST_KIND: &'static str = concat!(stringify!($kind), "List");
        }

        impl ::k8s_openapi::Metadata for $kind {
            type Ty = $crate::meta::ObjectMeta;

            fn metadata(&self) -> &Self::Ty {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut Self::Ty {
                &mut self.metadata
            }
        }

        impl ::serde::Serialize for $kind {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(::serde::Serialize)]
                #[serde(rename_all = "camelCase")]
                struct Wire<'a> {
                    api_version: &'a str,
                    kind: &'a str,
                    metadata: &'a $crate::meta::ObjectMeta,
                    spec: &'a $spec,
                    $(#[serde(skip_serializing_if = "Option::is_none")] $status: &'a $status_ty,)?
                }
                let wire = Wire {
                    api_version: Self::API_VERSION,
                    kind: Self::KIND,
                    metadata: &self.metadata,
                    spec: &self.spec,
                    $($status: &self.$status,)?
                };
                ::serde::Serialize::serialize(&wire, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $kind {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(::serde::Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Wire {
                    #[serde(default)]
                    api_version: String,
                    #[serde(default)]
                    kind: String,
                    #[serde(default)]
                    metadata: $crate::meta::ObjectMeta,
                    // The definition does not demand a spec, so an object without one can be in a cluster.
                    #[serde(default)]
                    spec: $spec,
                    $(#[serde(default)] $status: $status_ty,)?
                }
                let wire = <Wire as ::serde::Deserialize>::deserialize(deserializer)?;
                $crate::resource::check_type(&wire.api_version, Self::API_VERSION, &wire.kind, Self::KIND)
                    .map_err(::serde::de::Error::custom)?;
                Ok(Self { metadata: wire.metadata, spec: wire.spec, $($status: wire.$status,)? })
            }
        }

        #[cfg(feature = "kube")]
        impl ::kube_core::CustomResourceExt for $kind {
            fn crd() -> $crate::resource::CustomResourceDefinition {
                $crate::resource::typed(Self::crd())
            }

            fn crd_name() -> &'static str {
                concat!($plural, ".", $group)
            }

            fn api_resource() -> ::kube_core::ApiResource {
                ::kube_core::ApiResource::erase::<Self>(&())
            }

            fn shortnames() -> &'static [&'static str] {
                Self::SHORT_NAMES
            }
        }

        #[cfg(feature = "kube")]
        impl ::kube_core::object::HasSpec for $kind {
            type Spec = $spec;

            fn spec(&self) -> &Self::Spec {
                &self.spec
            }

            fn spec_mut(&mut self) -> &mut Self::Spec {
                &mut self.spec
            }
        }
    };
}

pub(crate) use resource;

/// Refuses an object of another kind; items of a list may leave their kind out.
pub(crate) fn check_type(
    api_version: &str,
    expected_version: &str,
    kind: &str,
    expected_kind: &str,
) -> Result<(), String> {
    let fits = |found: &str, expected: &str| found.is_empty() || found == expected;
    if fits(api_version, expected_version) && fits(kind, expected_kind) {
        return Ok(());
    }
    Err(format!("expected {expected_kind} of {expected_version}, found {kind} of {api_version}"))
}

#[cfg(feature = "kube")]
pub(crate) use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

#[cfg(feature = "kube")]
pub(crate) fn typed(crd: serde_json::Value) -> CustomResourceDefinition {
    serde_json::from_value(crd)
        .expect("because the definitions of this crate fit the type, which a test of each kind shows")
}

#[cfg(feature = "validate")]
pub(crate) fn compile(crd: &serde_json::Value, version: &str) -> crate::schema::Schema {
    crate::schema::Schema::for_crd(crd, version)
        .expect("because the definitions of this crate are structural, which a test of each kind shows")
}

/// Returns the object as JSON, as the API server reads it from its store.
#[cfg(feature = "validate")]
pub(crate) fn stored<K: serde::Serialize>(object: &K, schema: &crate::schema::Schema) -> serde_json::Value {
    let mut json = serde_json::to_value(object)
        .expect("because the types of this crate have text keys and serializers that do not fail");
    schema.read(&mut json);
    json
}

#[cfg(feature = "validate")]
pub(crate) fn defaulted<K>(object: &K, schema: &crate::schema::Schema) -> K
where
    K: Clone + serde::Serialize + serde::de::DeserializeOwned,
{
    // Defaults fit the types, so the object as it was is only returned if a default is wrong, which a test excludes.
    serde_json::from_value(stored(object, schema)).unwrap_or_else(|_| object.clone())
}
