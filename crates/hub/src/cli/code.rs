//! `doorward code`: emergencies, and all codes together.

use clap::{Args, Subcommand};
use doorward_api::code::{
    CodeFilter, CodeKind, CodeState, CodeTerms, CodeView, IssuedCode, NewCode,
};
use doorward_api::{ClientError, CodeId, DoorName, ProblemKind};
use secrecy::{ExposeSecret, SecretString};

use super::failure::{Advice, Failure};
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};
use super::{names, schedule, words};

#[derive(Subcommand)]
pub(super) enum Code {
    /// Gives out an emergency code: always works on its doors, always alarms.
    #[command(alias = "break-glass")]
    Emergency(Emergency),
    /// Gives out a code to be typed under threat: opens like another, tells silently.
    Duress(Duress),
    /// Lists all codes.
    List(List),
    /// Takes any code back.
    Cancel(Cancel),
    /// Has a guest's or an emergency code open nothing until you take it up again.
    Pause(Cancel),
    /// Has a paused code open again.
    Resume(Cancel),
    /// Erases what you wrote about a code: a guest's name, a carrier, a reference.
    Erase(Erase),
}

#[derive(Args)]
#[command(after_help = "\
Example, for a sealed envelope:
  doorward code emergency --door front --door cellar")]
pub(super) struct Emergency {
    /// A door that it opens; may be given more than once.
    #[arg(long = "door", value_name = "DOOR", required = true, value_parser = names::door)]
    doors: Vec<DoorName>,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward code duress --resembles 7

Whoever stands at the keypad sees no difference to code 7. You are told.")]
pub(super) struct Duress {
    /// The number of the code that it resembles.
    #[arg(long, value_name = "ID")]
    resembles: CodeId,
}

#[derive(Args)]
pub(super) struct List {}

#[derive(Args)]
pub(super) struct Cancel {
    /// The code's number, as `doorward code list` shows it.
    id: CodeId,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward code erase 7

The code itself stays as it is: one that still opens goes on opening. Take it back with
`doorward code cancel`. The log keeps the code's number and says that its notes were erased.")]
pub(super) struct Erase {
    /// The code's number, as `doorward code list` shows it.
    id: CodeId,
}

impl Code {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Emergency(Emergency { doors }) => {
                issue(&NewCode::BreakGlass { doors }, session).await
            }
            Self::Duress(Duress { resembles }) => {
                issue(&NewCode::Duress { resembles }, session).await
            }
            Self::List(List {}) => list(None, session).await,
            Self::Cancel(Cancel { id }) => cancel(id, None, session).await,
            Self::Pause(Cancel { id }) => pause(id, None, session).await,
            Self::Resume(Cancel { id }) => resume(id, None, session).await,
            Self::Erase(Erase { id }) => {
                session.hub().await?.erase_code_notes(id).await?;
                Ok(session.output.done(&format!("what was written about code {id} is erased"))?)
            }
        }
    }
}

/// Gives out a code and shows it, once.
pub(super) async fn issue(code: &NewCode, session: &mut Session) -> Result<(), Failure> {
    let issued = session.hub().await?.issue_code(code).await?;
    Ok(session.output.show(&issued, |look| sheet(&issued, look))?)
}

/// Lists codes of one kind, or of all.
pub(super) async fn list(kind: Option<CodeKind>, session: &mut Session) -> Result<(), Failure> {
    let codes = session.hub().await?.codes(&CodeFilter { kind }).await?;
    Ok(session.output.show(&codes, |look| table(&codes, kind, look))?)
}

/// Takes a code back, if it is of the kind that it is believed to be.
pub(super) async fn cancel(
    id: CodeId,
    kind: Option<CodeKind>,
    session: &mut Session,
) -> Result<(), Failure> {
    found(session.hub().await?.cancel_code(id, &CodeFilter { kind }).await, kind)?;
    Ok(session.output.done(&format!("code {id} is taken back; it opens nothing any more"))?)
}

/// Pauses a code, if it is of the kind that it is believed to be.
pub(super) async fn pause(
    id: CodeId,
    kind: Option<CodeKind>,
    session: &mut Session,
) -> Result<(), Failure> {
    found(session.hub().await?.pause_code(id, &CodeFilter { kind }).await, kind)?;
    Ok(session
        .output
        .done(&format!("code {id} is paused; it opens nothing until you resume it"))?)
}

/// Takes a paused code up again, if it is of the kind that it is believed to be.
pub(super) async fn resume(
    id: CodeId,
    kind: Option<CodeKind>,
    session: &mut Session,
) -> Result<(), Failure> {
    found(session.hub().await?.resume_code(id, &CodeFilter { kind }).await, kind)?;
    Ok(session.output.done(&format!("code {id} opens again"))?)
}

/// Tells whoever named a code that is not there, or is of another kind, where the numbers stand.
fn found(done: Result<(), ClientError>, kind: Option<CodeKind>) -> Result<(), Failure> {
    let advice = match kind {
        Some(CodeKind::Delivery) => "`doorward delivery list` shows the deliveries",
        Some(CodeKind::Guest) => "`doorward guest list` shows the guests' codes",
        None | Some(CodeKind::BreakGlass | CodeKind::Duress) => "`doorward code list` shows all",
    };
    done.or_advise(ProblemKind::NotFound, advice)
}

/// Returns digits as people read them: `4821 0573`.
pub(super) fn spaced(digits: &SecretString) -> String {
    let digits = digits.expose_secret();
    digits
        .split_at_checked(4)
        .map_or_else(|| digits.to_owned(), |(front, back)| format!("{front} {}", back.trim_start()))
}

/// Shows a code and its terms: what is written down or told, and never shown again.
pub(super) fn sheet(issued: &IssuedCode, look: &Look) -> String {
    let code = &issued.code;
    let mut table = Table::default();
    let mut row = |name: &str, text: String| table.push([name.into(), text.into()]);
    row("opens", doors(code));
    match &code.terms {
        CodeTerms::Delivery { window, .. } => {
            row("from", look.day_time(window.from));
            row("until", look.day_time(window.until));
            row("how often", "once".to_owned());
        }
        CodeTerms::Guest { name, schedule: when, uses_left } => {
            row("for", name.clone().unwrap_or_default());
            row("when", schedule::in_words(when));
            row("how often", uses_left.map_or_else(|| "any number of times".to_owned(), times));
        }
        CodeTerms::BreakGlass => row("when", "always, with an alarm".to_owned()),
        CodeTerms::Duress { resembles } => {
            row("when", format!("as code {resembles}; you are told silently"));
        }
    }
    row("number", format!("{}   (take it back: {})", code.id, cancel_with(code)));
    if let Some(pause) = pause_with(code) {
        row("", format!("pause it: {pause}, and resume instead of pause to have it open again"));
    }
    format!(
        "\n    {}\n\n{}  {}\n",
        look.paint(Tint::Strong, spaced(&issued.digits)),
        table.lay_out(2, look),
        look.paint(Tint::Faint, "This is the only time the digits are shown."),
    )
}

fn cancel_with(code: &CodeView) -> String {
    match code.terms.kind() {
        CodeKind::Delivery => format!("doorward delivery cancel {}", code.id),
        CodeKind::Guest => format!("doorward guest revoke {}", code.id),
        CodeKind::BreakGlass | CodeKind::Duress => format!("doorward code cancel {}", code.id),
    }
}

/// A delivery's code opens once, and a duress code follows another.
fn pause_with(code: &CodeView) -> Option<String> {
    match code.terms.kind() {
        CodeKind::Guest => Some(format!("doorward guest pause {}", code.id)),
        CodeKind::BreakGlass => Some(format!("doorward code pause {}", code.id)),
        CodeKind::Delivery | CodeKind::Duress => None,
    }
}

fn times(uses: u32) -> String {
    words::count(uses.into(), "time", "times")
}

fn doors(code: &CodeView) -> String {
    code.doors.iter().map(DoorName::as_str).collect::<Vec<_>>().join(", ")
}

/// Lists codes; if there is none, says how one of that kind is given out.
pub(super) fn table(codes: &[CodeView], kind: Option<CodeKind>, look: &Look) -> String {
    if codes.is_empty() {
        return none_yet(kind).to_owned();
    }
    let mut table = Table::with_heading(["id", "state", "kind", "doors", "for", "when"]);
    for code in codes {
        let (whom, when) = terms(&code.terms, look);
        table.push([
            code.id.to_string().into(),
            state(code.state),
            words::code_kind(code.terms.kind()).into(),
            doors(code).into(),
            whom.into(),
            when.into(),
        ]);
    }
    table.lay_out(0, look)
}

const fn none_yet(kind: Option<CodeKind>) -> &'static str {
    match kind {
        Some(CodeKind::Delivery) => "no deliveries yet; expect one with `doorward delivery expect`",
        Some(CodeKind::Guest) => "no guests yet; give one a code with `doorward guest add`",
        Some(CodeKind::BreakGlass | CodeKind::Duress) | None => {
            "no codes yet; give one out with `doorward delivery expect` or `doorward guest add`"
        }
    }
}

fn state(state: CodeState) -> Cell {
    let tint = match state {
        CodeState::Live => Tint::Good,
        CodeState::Waiting | CodeState::Paused => Tint::Watch,
        CodeState::Spent | CodeState::Expired | CodeState::Cancelled => Tint::Faint,
    };
    Cell::tinted(tint, words::code_state(state))
}

fn terms(terms: &CodeTerms, look: &Look) -> (String, String) {
    match terms {
        CodeTerms::Delivery { window, carrier, reference, .. } => {
            let parcel: Vec<_> = [carrier, reference].into_iter().flatten().cloned().collect();
            (parcel.join(" "), look.window(window.from, window.until))
        }
        CodeTerms::Guest { name, schedule: when, uses_left } => {
            let left = uses_left.map_or_else(String::new, |uses| format!(", {} left", times(uses)));
            (name.clone().unwrap_or_default(), schedule::in_words(when) + &left)
        }
        CodeTerms::BreakGlass => (String::new(), "always".to_owned()),
        CodeTerms::Duress { resembles } => (format!("resembles {resembles}"), String::new()),
    }
}
