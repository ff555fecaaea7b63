//! The same certificates before OpenSSL's command line.

use std::process::Command;

use super::*;

#[test]
fn openssl_accepts_what_the_authority_issues() {
    let hub = hub();
    let bench = Bench::new(&hub.authority);
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    bench.verify("device.pem", device.certificate_pem(), &["-purpose", "sslclient"]).unwrap();
    let server = hub.authority.issue_server(&names(), Timestamp::now()).unwrap();
    let server = bench.pem_of(&server.chain()[0]);
    for (kind, name) in [
        ("-verify_hostname", "localhost"),
        ("-verify_hostname", "hub-1"),
        ("-verify_hostname", "hub-1.local"),
        ("-verify_ip", "127.0.0.1"),
        ("-verify_ip", "::1"),
        ("-verify_ip", "192.168.1.7"),
    ] {
        bench.verify("server.pem", &server, &["-purpose", "sslserver", kind, name]).unwrap();
    }
}

#[test]
fn openssl_refuses_what_the_authority_may_not_issue() {
    let hub = hub();
    let bench = Bench::new(&hub.authority);
    for san in public_names() {
        let forged = forged(&hub.authority, san, ExtendedKeyUsagePurpose::ServerAuth);
        let said = bench.verify("forged.pem", &forged.certificate.pem(), &[]).unwrap_err();
        assert!(said.contains("permitted subtree violation"), "{said}");
    }
}

#[test]
fn openssl_refuses_a_certificate_at_the_wrong_end_or_from_another_hub() {
    let (hub, other) = (hub(), hub());
    let bench = Bench::new(&hub.authority);
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let device = device.certificate_pem();
    assert!(bench.verify("d.pem", device, &["-purpose", "sslserver"]).is_err());
    let server = hub.authority.issue_server(&names(), Timestamp::now()).unwrap();
    let server = bench.pem_of(&server.chain()[0]);
    assert!(bench.verify("s.pem", &server, &["-purpose", "sslclient"]).is_err());
    assert!(Bench::new(&other.authority).verify("d.pem", device, &[]).is_err());
}

/// Mbed TLS refuses an authority with any critical extension that it does not know,
/// and it knows these two.
#[test]
fn an_esp32_can_read_the_authority() {
    let authority = authority_at(Timestamp::now());
    let bench = Bench::new(&authority);
    let text = run(Command::new("openssl")
        .args(["x509", "-noout", "-text", "-in"])
        .arg(bench.home.path().join("ca.pem")))
    .unwrap();
    let critical: Vec<_> = text.lines().filter(|line| line.ends_with(": critical")).collect();
    let known = ["X509v3 Key Usage: critical", "X509v3 Basic Constraints: critical"];
    assert!(critical.iter().all(|line| known.contains(&line.trim())), "{critical:?}");
    assert!(text.contains("X509v3 Name Constraints:"), "{text}");
}

#[test]
fn openssl_computes_the_same_fingerprint() {
    let hub = hub();
    let bench = Bench::new(&hub.authority);
    let device = hub.authority.issue_device(&lock(), Timestamp::now()).unwrap();
    let folder = bench.home.path().join("device");
    write_enrolment(&hub.authority, &device, &folder).unwrap();
    let key = folder.join("client.key");
    let der = folder.join("spki.der");
    run(Command::new("openssl")
        .args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(key)
        .arg("-out")
        .arg(&der))
    .unwrap();
    let said = run(Command::new("openssl").args(["dgst", "-sha256", "-r"]).arg(der)).unwrap();
    assert!(said.starts_with(&device.fingerprint().to_string()), "{said}");
}

/// A folder with the authority's certificate in it.
pub(super) struct Bench {
    home: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new(authority: &Authority) -> Self {
        Self::trusting(authority.pem())
    }

    pub(super) fn trusting(pem: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("ca.pem"), pem).unwrap();
        Self { home }
    }

    pub(super) fn verify(&self, file: &str, pem: &str, options: &[&str]) -> Result<String, String> {
        let path = self.home.path().join(file);
        std::fs::write(&path, pem).unwrap();
        let ca = self.home.path().join("ca.pem");
        run(Command::new("openssl")
            .args(["verify", "-x509_strict", "-no-CApath", "-CAfile"])
            .arg(ca)
            .args(options)
            .arg(path))
    }

    pub(super) fn pem_of(&self, der: &[u8]) -> String {
        let path = self.home.path().join("in.der");
        std::fs::write(&path, der).unwrap();
        run(Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(path)).unwrap()
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let done = command.output().expect("these tests need the `openssl` program");
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if done.status.success() { Ok(said) } else { Err(said) }
}
