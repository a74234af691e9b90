// SPDX-License-Identifier: Apache-2.0

//! Git repositories for tests: made by the real `git`, served over smart HTTP by `git http-backend`.
//!
//! ```
//! use gitops_testing::git::{Repository, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gitops_testing::Error> {
//! let repository = Repository::create()?;
//! let first = repository.commit("first", [("app/cm.yaml", Some("kind: ConfigMap\n"))])?;
//! assert_eq!(first.len(), 40);
//! let server = Server::start(&repository).await?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```

mod backend;
mod repository;

pub use repository::Repository;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};

/// Serves one repository on a loopback port until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    name: String,
    served: Arc<AtomicUsize>,
    _stop: oneshot::Sender<()>,
}

/// What a [`Server`] asks of clients.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Access {
    /// User and password for HTTP basic authentication; none asks for nothing.
    pub basic: Option<(String, String)>,
}

impl Access {
    /// Asks for a user and a password.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.basic = Some((user.to_owned(), password.to_owned()));
        self
    }
}

impl Server {
    /// Serves a repository to everybody.
    ///
    /// # Errors
    /// As [`start_with`](Self::start_with).
    pub async fn start(repository: &Repository) -> Result<Self, Error> {
        Self::start_with(repository, Access::default()).await
    }

    /// Serves a repository to those who know the password. The protocol version is the client's choice.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when no port can be bound.
    pub async fn start_with(repository: &Repository, access: Access) -> Result<Self, Error> {
        Self::start_at(repository, access, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Serves a repository on an address of choice.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the address cannot be bound.
    pub async fn start_at(
        repository: &Repository,
        access: Access,
        address: SocketAddr,
    ) -> Result<Self, Error> {
        let wrap = |error| Error::new(ErrorKind::Io, "cannot listen for Git clients", error);
        let listener = TcpListener::bind(address).await.map_err(wrap)?;
        let address = listener.local_addr().map_err(wrap)?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::new(AtomicUsize::new(0));
        let root: PathBuf = repository.bare().parent().map(PathBuf::from).unwrap_or_default();
        let name =
            repository.bare().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let backend = Arc::new(backend::Backend { root, access, served: Arc::clone(&served) });
        tokio::spawn(accept(listener, backend, stopped));
        Ok(Self { address, name, served, _stop: stop })
    }

    /// Returns the URL of the repository.
    pub fn url(&self) -> String {
        format!("http://{}/{}", self.address, self.name)
    }

    /// Returns how many requests were answered, refused ones included.
    pub fn requests(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, backend: Arc<backend::Backend>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let backend = Arc::clone(&backend);
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| {
                let backend = Arc::clone(&backend);
                async move { backend.answer(request).await }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
