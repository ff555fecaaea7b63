//! `doorward device settings`: what to paste into what runs on a device.

use std::path::{Path, PathBuf};

use clap::Args;
use doorward_api::DeviceName;
use doorward_api::device::{Connection, DeviceSettings, DeviceView};

use super::super::failure::Failure;
use super::super::names;
use super::super::session::Session;
use super::products;
use super::sheet::{Facts, Product, Sheet};

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward device settings z2m
  doorward device settings z2m --host hub.local --files /opt/z2m/data/certs
  doorward device settings porch-lock --for esphome

Nothing secret is printed: settings name the files, or say how to hand them over.")]
pub(crate) struct Settings {
    /// The device's name.
    #[arg(value_parser = names::device)]
    name: DeviceName,
    /// What runs on the device; needed only where its dialect does not say.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    product: Option<Product>,
    #[command(flatten)]
    place: Where,
}

/// What is said at an enrolment.
#[derive(Args)]
pub(super) struct Choices {
    /// Prints the settings to paste for what runs on the device.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    product: Option<Product>,
    #[command(flatten)]
    place: Where,
}

/// Where the hub and the files are, as the device sees it.
#[derive(Args)]
struct Where {
    /// The hub's name or address in the settings; the likeliest to work without it.
    #[arg(long, value_name = "NAME|ADDRESS")]
    host: Option<String>,
    /// The folder in which the device finds ca.pem, client.pem and client.key.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

impl Settings {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let found = session.hub().await?.device_settings(&self.name).await?;
        let DeviceSettings { device, connection } = &found;
        let known = self.product.or_else(|| Product::that_speaks(device.dialect));
        let product = known.ok_or_else(|| {
            Failure::usage("say with --for what runs on the device: its dialect does not tell")
        })?;
        let sheet = match device.certificate_until {
            Some(_) => self.place.sheet(product, device, connection, None),
            None => self.place.plain_sheet(product, device, connection, None),
        };
        Ok(session.output.show(&sheet, |_| sheet.text())?)
    }
}

impl Choices {
    /// Makes the settings for what was named, or for what `otherwise` says.
    pub(super) fn sheet(
        &self,
        device: &DeviceView,
        connection: &Connection,
        written_to: Option<&Path>,
        otherwise: Option<Product>,
    ) -> Option<Sheet> {
        let product = self.product.or(otherwise)?;
        Some(self.place.sheet(product, device, connection, written_to))
    }

    /// The same for a device without TLS, whose password is shown this once.
    pub(super) fn plain_sheet(
        &self,
        device: &DeviceView,
        connection: &Connection,
        password: &str,
    ) -> Option<Sheet> {
        let product = self.product.or_else(|| Product::that_speaks(device.dialect))?;
        Some(self.place.plain_sheet(product, device, connection, Some(password)))
    }
}

impl Where {
    fn plain_sheet(
        &self,
        product: Product,
        device: &DeviceView,
        connection: &Connection,
        password: Option<&str>,
    ) -> Sheet {
        let host = self.host.as_deref().or(connection.hosts.first().map(String::as_str));
        let facts = Facts {
            device,
            host: host.unwrap_or("localhost"),
            port: connection.port,
            base_topic: &connection.base_topic,
            files: "",
        };
        products::plain::sheet(product, &facts, password)
    }

    fn sheet(
        &self,
        product: Product,
        device: &DeviceView,
        connection: &Connection,
        written_to: Option<&Path>,
    ) -> Sheet {
        let host = self.host.as_deref().or(connection.hosts.first().map(String::as_str));
        let files = self.files.as_deref().or(written_to).map(|path| path.display().to_string());
        let files = files.unwrap_or_else(|| format!("{}/{}", product.home(), device.name));
        products::sheet(
            product,
            &Facts {
                device,
                host: host.unwrap_or("localhost"),
                port: connection.port,
                base_topic: &connection.base_topic,
                files: files.trim_end_matches('/'),
            },
        )
    }
}
