//! Where the daemon's own log goes. The audit log is another matter.

use anyhow::Context as _;
use clap::ValueEnum;
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Names the variable that says what is logged, such as `info` or `doorward=debug`.
const FILTER: &str = "DOORWARD_LOG";

/// How the daemon logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Text on standard error; to journald where systemd started the hub.
    Auto,
    /// Text on standard error.
    Text,
    /// One JSON object per line on standard error.
    Json,
    /// journald, with its fields.
    Journald,
}

/// Starts logging.
pub(super) fn start(format: LogFormat) -> anyhow::Result<()> {
    let wanted = wanted(std::env::var(FILTER).ok().as_deref())?
        .and(filter_fn(|about| may_be_heard(about.target())));
    Registry::default().with(layer(format)?.with_filter(wanted)).try_init()?;
    Ok(())
}

/// What is to be logged: by level and module alone, which takes no regular expressions.
fn wanted(asked: Option<&str>) -> anyhow::Result<Targets> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return Ok(Targets::new().with_default(LevelFilter::INFO));
    };
    asked
        .parse()
        .with_context(|| format!("{FILTER} is neither a level nor a list of modules with one"))
}

/// Says whether lines of a module may be logged at all, whatever the variable
/// asks for. The router's lines name topics and clients, the RTSP client's a
/// camera's URL, in which some cameras want their password; what an owner should
/// know of either is said by the broker and the recorder.
fn may_be_heard(target: &str) -> bool {
    !["rumqttd", "retina"].iter().any(|module| target.starts_with(module))
}

fn layer(format: LogFormat) -> anyhow::Result<Box<dyn Layer<Registry> + Send + Sync>> {
    let text = || fmt::layer().with_writer(std::io::stderr).with_target(false);
    Ok(match format {
        // systemd sets this variable when standard error leads to the journal.
        LogFormat::Auto if std::env::var_os("JOURNAL_STREAM").is_some() => {
            tracing_journald::layer()?.boxed()
        }
        LogFormat::Auto | LogFormat::Text => text().with_ansi(is_terminal()).boxed(),
        LogFormat::Json => text().json().boxed(),
        LogFormat::Journald => tracing_journald::layer()?.boxed(),
    })
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_or_a_level_for_each_module_says_what_is_logged() {
        let info = wanted(None).unwrap();
        assert_eq!(info, wanted(Some("")).unwrap());
        assert!(info.would_enable("doorward", &tracing::Level::INFO));
        assert!(!info.would_enable("doorward", &tracing::Level::DEBUG));
        let some = wanted(Some("warn,doorward_broker=debug")).unwrap();
        assert!(some.would_enable("doorward_broker::tls", &tracing::Level::DEBUG));
        assert!(!some.would_enable("doorward", &tracing::Level::INFO));
        assert!(wanted(Some("a=b=c")).is_err());
    }

    #[test]
    fn modules_that_name_urls_and_topics_are_never_heard() {
        assert!(!may_be_heard("retina::client::parse"));
        assert!(!may_be_heard("rumqttd::router::routing"));
        assert!(may_be_heard("doorward_recorder::camera"));
    }
}
