//! A certificate authority of this machine, so that clients which insist on HTTPS reach the
//! server: both SageMaker SDKs ask STS at an address that no endpoint variable changes.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

use super::data_folder::write_private;

/// Files of the authority and of the server's certificate, all PEM.
#[derive(Clone, Debug)]
pub(crate) struct LocalAuthority {
    folder: PathBuf,
}

impl LocalAuthority {
    pub(crate) fn certificate_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub(crate) fn server_certificate_file(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    pub(crate) fn server_key_file(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// The authority in `folder`, and a certificate for `localhost`, loopback and `address`; what
    /// is there already is kept, so that clients need not be told twice.
    pub(crate) fn open(folder: &Path, address: IpAddr) -> Result<LocalAuthority> {
        let authority = LocalAuthority {
            folder: folder.to_owned(),
        };
        let names = names_of(address);
        let names_file = folder.join("server.names");
        let current = fs::read_to_string(&names_file).unwrap_or_default() == names.join("\n");
        if current && authority.server_key_file().is_file() {
            return Ok(authority);
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create `{}`", folder.display()))?;
        authority
            .make_server_certificate(names.clone())
            .with_context(|| format!("failed to make certificates in `{}`", folder.display()))?;
        write_private(&names_file, names.join("\n").as_bytes())?;
        Ok(authority)
    }

    fn make_server_certificate(&self, names: Vec<String>) -> Result<()> {
        let issuer = self.issuer()?;
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = name("Probity server");
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_after = rcgen::date_time_ymd(2060, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &issuer)?;
        write_private(
            &self.server_certificate_file(),
            certificate.pem().as_bytes(),
        )?;
        write_private(&self.server_key_file(), key.serialize_pem().as_bytes())?;
        Ok(())
    }

    /// The authority that is there, or a new one. Its name never changes, so that its key is
    /// enough to sign again.
    fn issuer(&self) -> Result<Issuer<'static, KeyPair>> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.distinguished_name = name("Probity local authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.not_after = rcgen::date_time_ymd(2060, 1, 1);
        let key_file = self.folder.join("ca.key");
        let kept = fs::read_to_string(&key_file).unwrap_or_default();
        if self.certificate_file().is_file() && !kept.is_empty() {
            return Ok(Issuer::new(parameters, KeyPair::from_pem(&kept)?));
        }
        let key = KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?;
        write_private(&self.certificate_file(), certificate.pem().as_bytes())?;
        write_private(&key_file, key.serialize_pem().as_bytes())?;
        Ok(Issuer::new(parameters, key))
    }
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn names_of(address: IpAddr) -> Vec<String> {
    let mut names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    let address = address.to_string();
    if !names.contains(&address) && address != "0.0.0.0" && address != "::" {
        names.push(address);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_stays_when_the_address_changes() {
        let scratch = tempfile::tempdir().unwrap();
        let local = IpAddr::from([127, 0, 0, 1]);
        let first = LocalAuthority::open(scratch.path(), local).unwrap();
        let authority = fs::read(first.certificate_file()).unwrap();
        let server = fs::read(first.server_certificate_file()).unwrap();
        LocalAuthority::open(scratch.path(), local).unwrap();
        assert_eq!(fs::read(first.server_certificate_file()).unwrap(), server);
        LocalAuthority::open(scratch.path(), IpAddr::from([10, 0, 0, 7])).unwrap();
        assert_eq!(fs::read(first.certificate_file()).unwrap(), authority);
        assert_ne!(fs::read(first.server_certificate_file()).unwrap(), server);
    }
}
