//! `az://` against Azurite, the emulator that Microsoft publishes. It is no
//! Rust library, so `cargo xtask test` starts it and says where it is in
//! `PROBITY_TEST_AZURITE`; without that variable nothing is tried here, and
//! the task lists it as not run.

use object_store::ClientOptions;
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::{HttpConnector, HttpRequest, ReqwestConnector};
use probity_data::location::{Environment, OutputFolder, ReadLocation, find_files, read_document};

use crate::contents::contents;

/// The account that every emulator has; its key is published with it.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

struct Azurite {
    /// `http://127.0.0.1:10000/devstoreaccount1`
    endpoint: String,
}

impl Azurite {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test is told where the emulator is"
    )]
    fn find() -> Option<Azurite> {
        let address = std::env::var("PROBITY_TEST_AZURITE").ok()?;
        Some(Azurite {
            endpoint: format!("{}/{ACCOUNT}", address.trim_end_matches('/')),
        })
    }

    /// Makes a container; `object_store` itself cannot.
    async fn create_container(&self, name: &str) {
        let mut request = HttpRequest::new(Vec::new().into());
        *request.method_mut() = "PUT".parse().unwrap();
        *request.uri_mut() = format!("{}/{name}?restype=container", self.endpoint)
            .parse()
            .unwrap();
        let credential = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY).unwrap());
        AzureAuthorizer::new(&credential, ACCOUNT).authorize(&mut request);
        let client = ReqwestConnector::default()
            .connect(&ClientOptions::new().with_allow_http(true))
            .unwrap();
        let status = client.execute(request).await.unwrap().status().as_u16();
        assert!(
            status == 201 || status == 409,
            "creating a container answered {status}"
        );
    }

    fn environment(&self, key: &str) -> Environment {
        let text = format!(
            "DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={}",
            self.endpoint
        );
        Environment::from_iter([("AZURE_STORAGE_CONNECTION_STRING", text)])
    }

    fn environment_of_variables(&self) -> Environment {
        Environment::from_iter([
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
            ("AZURE_STORAGE_ENDPOINT", self.endpoint.as_str()),
        ])
    }
}

async fn write(location: &str, documents: &[(&str, &str)], environment: &Environment) {
    let mut output = OutputFolder::create(location, environment).await.unwrap();
    for (name, content) in documents {
        output
            .write(name, |writer| writer.write_all(content.as_bytes()))
            .unwrap();
    }
    output.commit().await.unwrap();
}

#[tokio::test]
async fn azurite_is_written_listed_and_read() {
    let Some(azurite) = Azurite::find() else {
        return;
    };
    azurite.create_container("reading").await;
    let environment = azurite.environment(KEY);
    write(
        "az://reading/data/2026",
        &[
            ("b c.csv", "a\n2\n"),
            ("a.csv", "a\n1\n"),
            ("_SUCCESS", "x"),
        ],
        &environment,
    )
    .await;
    let expected = [
        ("2026/a.csv".to_owned(), "a\n1\n".to_owned()),
        ("2026/b c.csv".to_owned(), "a\n2\n".to_owned()),
    ];
    let places = [
        "az://reading/data/",
        "az://reading/data",
        "az://reading/**/*.csv",
    ];
    for environment in [environment, azurite.environment_of_variables()] {
        for location in places {
            assert_eq!(
                contents("az://reading/data", location, &environment)
                    .await
                    .unwrap(),
                expected,
                "{location}"
            );
        }
        let document = read_document("abfs://reading/data/2026", "a.csv", &environment)
            .await
            .unwrap();
        assert_eq!(document.as_deref(), Some(b"a\n1\n".as_slice()));
        let object = find_files("az://reading/data/2026/a.csv", &environment)
            .await
            .unwrap()[0]
            .clone();
        assert_eq!(object.random_access().await.unwrap().meta.size, 4);
    }
}

#[tokio::test]
async fn azurite_says_what_is_missing() {
    let Some(azurite) = Azurite::find() else {
        return;
    };
    azurite.create_container("missing").await;
    let error = |location: &'static str, environment: Environment| async move {
        find_files(location, &environment).await.unwrap_err()
    };
    let of_blob = error("az://missing/none.csv", azurite.environment(KEY)).await;
    assert_eq!(
        of_blob.to_string(),
        "no file or folder at `az://missing/none.csv`"
    );
    for location in [
        "az://nowhere/none.csv",
        "az://nowhere/",
        "az://nowhere/*.csv",
    ] {
        let of_container = error(location, azurite.environment(KEY)).await;
        assert!(
            matches!(of_container, ReadLocation::MissingBucket { .. }),
            "{location}: {of_container:?}"
        );
    }
}

#[tokio::test]
async fn azurite_refuses_a_wrong_key_by_its_variable() {
    let Some(azurite) = Azurite::find() else {
        return;
    };
    azurite.create_container("denied").await;
    let wrong = "bm90IHRoZSBrZXk=";
    for location in ["az://denied/", "az://denied/a.csv"] {
        let error = find_files(location, &azurite.environment(wrong))
            .await
            .unwrap_err();
        assert!(matches!(error, ReadLocation::Denied { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("AZURE_STORAGE_CONNECTION_STRING") && !text.contains(wrong),
            "{text}"
        );
    }
}
