// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{
    error::{Error, ErrorKind},
    request::Tls,
};

/// Builds a configuration from an explicit provider: no global state is read or set.
pub(super) fn config(tls: &Tls) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = &tls.ca {
        let certificates = certificates(pem, "ca.crt")?;
        if certificates.is_empty() {
            return Err(bad(
                "ca.crt",
                "failed to append certificate into certificate pool: no certificate found",
            ));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|e| bad("ca.crt", &e.to_string()))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::new(ErrorKind::Invalid, "cannot set up TLS").caused_by(e))?
        .with_root_certificates(roots);
    let Some((chain, key)) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| bad("tls.key", "no private key found"))?;
    builder
        .with_client_auth_cert(certificates(chain, "tls.crt")?, key)
        .map_err(|e| bad("tls.crt", &e.to_string()))
}

fn certificates(pem: &[u8], field: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| bad(field, "not a PEM bundle"))
}

/// Never shows content: a key in the wrong field must not end up in a status.
fn bad(field: &str, why: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("invalid TLS option '{field}': {why}"))
}
