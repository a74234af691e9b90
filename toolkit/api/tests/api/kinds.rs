// SPDX-License-Identifier: Apache-2.0

use gitops_api::{
    helm::v2::HelmRelease,
    image::v1::{ImagePolicy, ImageRepository, ImageUpdateAutomation},
    kustomize::v1::Kustomization,
    notification::{
        v1::Receiver,
        v1beta3::{Alert, Provider},
    },
    source::v1::{Bucket, ExternalArtifact, GitRepository, HelmChart, HelmRepository, OCIRepository},
    source_extensions::v1beta1::ArtifactGenerator,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What tests do with every kind.
pub(crate) struct Kind {
    pub(crate) crd: fn() -> Value,
    #[cfg(feature = "kube")]
    pub(crate) typed_crd: fn() -> Value,
    /// An object with every field of the definition, written by hand or by a generator that knows the definition.
    pub(crate) full: &'static str,
    /// Reads and writes an object.
    pub(crate) pass: fn(Value) -> Result<Value, serde_json::Error>,
    #[cfg(feature = "validate")]
    pub(crate) validate: fn(Value) -> Vec<gitops_api::schema::Violation>,
    #[cfg(feature = "validate")]
    pub(crate) defaulted: fn(Value) -> Value,
}

fn parse<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

fn pass<K: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(
    value: Value,
) -> Result<Value, serde_json::Error> {
    let object: K = serde_json::from_value(value)?;
    let written = serde_json::to_value(&object)?;
    assert_eq!(parse::<K>(written.clone()), object, "an object that was written reads back equal");
    Ok(written)
}

macro_rules! kinds {
    ($($kind:ident = $file:literal),+ $(,)?) => {
        [$(Kind {
            crd: $kind::crd,
            #[cfg(feature = "kube")]
            typed_crd: || serde_json::to_value(<$kind as kube::CustomResourceExt>::crd()).unwrap(),
            full: include_str!(concat!("full/", $file, ".json")),
            pass: pass::<$kind>,
            #[cfg(feature = "validate")]
            validate: |value| parse::<$kind>(value).validate(),
            #[cfg(feature = "validate")]
            defaulted: |value| serde_json::to_value(parse::<$kind>(value).defaulted()).unwrap(),
        }),+]
    };
}

/// All kinds, in the order of their definitions' file names.
pub(crate) fn all() -> [Kind; 15] {
    kinds![
        HelmRelease = "helmrelease",
        ImagePolicy = "imagepolicy",
        ImageRepository = "imagerepository",
        ImageUpdateAutomation = "imageupdateautomation",
        Kustomization = "kustomization",
        Alert = "alert",
        Provider = "provider",
        Receiver = "receiver",
        ArtifactGenerator = "artifactgenerator",
        Bucket = "bucket",
        ExternalArtifact = "externalartifact",
        GitRepository = "gitrepository",
        HelmChart = "helmchart",
        HelmRepository = "helmrepository",
        OCIRepository = "ocirepository",
    ]
}

impl Kind {
    pub(crate) fn full(&self) -> Value {
        serde_json::from_str(self.full).unwrap()
    }

    pub(crate) fn open_api(&self) -> Value {
        (self.crd)()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    }
}
