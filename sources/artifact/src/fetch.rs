// SPDX-License-Identifier: Apache-2.0

//! Downloading artifacts: retried, bounded, and checked before anybody sees a byte.

use std::{io::Write as _, path::Path, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use url::Url;

use crate::{
    archive::{Archive, temporary},
    digest::Digest,
    error::{Error, ErrorKind},
};

/// How artifacts are downloaded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// How often a download is tried again after a lost connection or a server error; 9 by default.
    pub retries: usize,
    /// The first pause between two tries; 5 seconds by default.
    pub min_delay: Duration,
    /// The longest pause; 30 seconds by default.
    pub max_delay: Duration,
    /// The time that one download may take, all tries together; 10 minutes by default.
    pub deadline: Duration,
    /// The most bytes of an artifact; 1 GiB by default.
    pub max_bytes: u64,
    /// A host, with or without port, that takes the place of the one in each address: for work outside the cluster.
    pub host: Option<String>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            retries: 9,
            min_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(30),
            deadline: Duration::from_secs(600),
            max_bytes: 1 << 30,
            host: None,
        }
    }
}

impl ClientOptions {
    /// Sets the number of further tries.
    #[must_use]
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the shortest and the longest pause between tries.
    #[must_use]
    pub fn delays(mut self, min: Duration, max: Duration) -> Self {
        (self.min_delay, self.max_delay) = (min, max);
        self
    }

    /// Sets the time for one download.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the most bytes of an artifact.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Replaces the host of every address.
    #[must_use]
    pub fn host(mut self, host: Option<String>) -> Self {
        self.host = host;
        self
    }
}

/// A client that downloads artifacts. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    options: Arc<ClientOptions>,
}

impl Client {
    /// Makes a client. It brings its own TLS roots and touches no global state.
    ///
    /// # Errors
    /// The TLS configuration is refused.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let failed = |e| Error::new(ErrorKind::Invalid, "cannot set up TLS").caused_by(e);
        let tls =
            rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(failed)?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            .build()
            .map_err(|e| Error::new(ErrorKind::Invalid, "cannot set up the HTTP client").caused_by(e))?;
        Ok(Self { http, options: Arc::new(options) })
    }
}

/// Downloads an artifact into a temporary file below a directory, and checks its digest.
///
/// A file that is not there ([`NotFound`](ErrorKind::NotFound)) is not waited for: the source is about to publish a newer one.
/// Lost connections and server errors are tried again within the client's deadline. Dropping the future stops the download.
///
/// # Errors
/// Among others [`DigestMismatch`](ErrorKind::DigestMismatch), [`TooLarge`](ErrorKind::TooLarge) and
/// [`Unavailable`](ErrorKind::Unavailable). Nothing is left on disk.
pub async fn fetch(client: &Client, url: &str, digest: &Digest, staging: &Path) -> Result<Archive, Error> {
    let url = address(url, client.options.host.as_deref())?;
    let options = &client.options;
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(options.min_delay)
        .with_max_delay(options.max_delay)
        .with_max_times(options.retries)
        .build();
    let tries = async {
        loop {
            let error = match attempt(client, &url, digest, staging).await {
                Ok(archive) => return Ok(archive),
                Err(error) => error,
            };
            let pause = match error.kind() {
                ErrorKind::Unavailable => pauses.next(),
                _ => None,
            };
            let Some(pause) = pause else { return Err(error) };
            tracing::debug!(%url, error = %error, ?pause, "download is tried again");
            tokio::time::sleep(pause).await;
        }
    };
    match tokio::time::timeout(options.deadline, tries).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(
            ErrorKind::Timeout,
            format!("downloading archive from {url} took longer than {:?}", options.deadline),
        )),
    }
}

/// Parses an address, drops what must not be printed, and replaces the host.
fn address(url: &str, host: Option<&str>) -> Result<Url, Error> {
    let invalid =
        || Error::new(ErrorKind::Invalid, "the address of an artifact must be an http or https URL");
    let mut url = Url::parse(url).map_err(|e| invalid().caused_by(e))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid());
    }
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| invalid())?;
    let Some(host) = host else { return Ok(url) };
    let other = Url::parse(&format!("http://{host}")).map_err(|e| invalid().caused_by(e))?;
    url.set_host(other.host_str()).map_err(|e| invalid().caused_by(e))?;
    url.set_port(other.port()).map_err(|()| invalid())?;
    Ok(url)
}

async fn attempt(client: &Client, url: &Url, digest: &Digest, staging: &Path) -> Result<Archive, Error> {
    let lost = |e: reqwest::Error| {
        let kind = if e.is_builder() { ErrorKind::Invalid } else { ErrorKind::Unavailable };
        Error::new(kind, format!("failed to download archive from {url}")).caused_by(e.without_url())
    };
    let mut response = client.http.get(url.clone()).send().await.map_err(lost)?;
    let status = response.status();
    if !status.is_success() {
        let kind = match status.as_u16() {
            404 => ErrorKind::NotFound,
            401 | 403 => ErrorKind::Unauthorized,
            408 | 429 | 500.. => ErrorKind::Unavailable,
            _ => ErrorKind::Invalid,
        };
        return Err(Error::new(kind, format!("failed to download archive from {url} (status: {status})")));
    }
    let max = client.options.max_bytes;
    let too_large =
        || Error::new(ErrorKind::TooLarge, format!("artifact at {url} is larger than {max} bytes"));
    if response.content_length().is_some_and(|n| n > max) {
        return Err(too_large());
    }
    let mut file = temporary(staging)?;
    let (mut hasher, mut size) = (digest.algorithm().hasher(), 0_u64);
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        size += chunk.len() as u64;
        if size > max {
            return Err(too_large());
        }
        hasher.update(&chunk);
        file.write_all(&chunk).map_err(|e| Error::io("cannot write download", e))?;
    }
    let computed = hasher.finish();
    if computed != *digest {
        let what = format!("computed digest doesn't match provided '{digest}' (is '{computed}')");
        return Err(Error::new(ErrorKind::DigestMismatch, what));
    }
    Ok(Archive::verified(file, computed, size))
}
