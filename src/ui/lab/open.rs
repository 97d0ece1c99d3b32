//! Opening a lab: the run a place stands for, or the work that was left there.

use std::rc::Rc;

use yew::AttrValue;

use super::keeping::pace;
use crate::engine::base::{Digest, Micros};
use crate::engine::node::{Level, Repair};
use crate::engine::place::{MAX_ZONES, Replication, Style};
use crate::engine::world::{CommandError, Config};
use crate::lab::{self, LabError, Script, Session, Spot, View};
use crate::ui::route::query;
use crate::ui::storage;
use crate::view::format::capital;
use crate::view::placement_text::named_zones;

/// What the address says should be open.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// The person's own newest work; an empty ring if there is none.
    Own,
    /// A run of the gallery, by its short name.
    Gallery(AttrValue),
    /// A shared run: the query of its link.
    Shared(AttrValue),
    /// An empty ring with the settings of this query.
    New(AttrValue),
}

impl Place {
    /// The name under which work done here is kept.
    pub fn name(&self) -> String {
        let short = |text: &str| Digest::of_bytes(text.as_bytes()).to_string();
        match self {
            Place::Own => "lab".to_owned(),
            Place::Gallery(slug) => format!("lab/{slug}"),
            Place::Shared(query) => format!("run/{}", short(query)),
            Place::New(query) => format!("new/{}", short(query)),
        }
    }

    /// What follows the `#` of its address.
    fn address(&self) -> String {
        match self {
            Place::Own => "/lab".to_owned(),
            Place::Gallery(slug) => format!("/lab/{slug}"),
            Place::Shared(query) => format!("/run{query}"),
            Place::New(query) => format!("/new{query}"),
        }
    }
}

/// A session to start with. Equal only to itself.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The session, at the place where the person goes on.
    pub session: Rc<Session>,
    /// The run as it was before the person changed anything.
    pub original: Rc<Script>,
    /// How many of its events have happened where it is opened.
    pub start: u32,
    /// Where work is kept; nowhere if none.
    pub place: Option<AttrValue>,
    /// What follows the `#` of the address that leads here.
    pub address: AttrValue,
    /// What went wrong on the way, for the person.
    pub error: Option<String>,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.session, &other.session) && self.place == other.place
    }
}

impl Opened {
    /// A session as it is, kept at `place`.
    pub fn new(session: Session, original: Script, place: Option<String>, address: String) -> Opened {
        Opened {
            session: Rc::new(session),
            original: Rc::new(original),
            start: 0,
            place: place.map(AttrValue::from),
            address: address.into(),
            error: None,
        }
    }
}

/// An empty ring.
pub fn sandbox(config: Config) -> Script {
    Script {
        title: "Sandbox".to_owned(),
        about: "An empty ring. Write something, cut the network, and see who still knows it.".to_owned(),
        config,
        seed: 1,
        commands: Vec::new(),
        end: Micros::secs(2),
        focus: None,
        start: None,
        view: View::Ring,
    }
}

/// Which work is brought back when a place is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// None: the run is opened as it was.
    Nothing,
    /// What this tab left here; at the place of one's own work else the newest of any tab.
    Here,
    /// What this tab left here, else the newest of any tab.
    Newest,
}

/// Opens what a place stands for. What cannot be opened leaves the person's own work open, and says why.
pub fn open(place: &Place, restore: Restore) -> Opened {
    open_strictly(place, restore).unwrap_or_else(|error| {
        let own = open_strictly(&Place::Own, Restore::Here).unwrap_or_else(|_| fallback());
        Opened { error: Some(error), ..own }
    })
}

/// The empty ring with default settings, kept nowhere: always possible.
fn fallback() -> Opened {
    let script = sandbox(Config::default());
    match Session::open(script.clone()) {
        Ok(session) => Opened::new(session, script, None, Place::Own.address()),
        Err(error) => unreachable!("the default settings are within bounds: {error}"),
    }
}

fn open_strictly(place: &Place, restore: Restore) -> Result<Opened, String> {
    let name = place.name();
    // The run comes first: a link that cannot be read must not show the work of another one.
    let (script, spot) = run_of(place).map_err(|e| sentence(&e))?;
    let mut error = None;
    match left_at(place, &name, restore).map(|file| lab::from_file_at(&file, pace())) {
        Some(Ok(session)) => return Ok(Opened { start: spot.events, ..Opened::new(session, script, Some(name), place.address()) }),
        Some(Err(why)) => error = Some(format!("What was kept here cannot be opened. {}", sentence(&why))),
        None => {}
    }
    let mut session = Session::open_at(script.clone(), pace()).map_err(|e| sentence(&e))?;
    spot.seek(&mut session);
    Ok(Opened { error, start: spot.events, ..Opened::new(session, script, Some(name), place.address()) })
}

/// The run file of the work to bring back.
fn left_at(place: &Place, name: &str, restore: Restore) -> Option<String> {
    let newest = match restore {
        Restore::Nothing => return None,
        Restore::Here => *place == Place::Own && !storage::is_fresh(),
        Restore::Newest => true,
    };
    storage::kept(name).or_else(|| newest.then(storage::latest).flatten().map(|latest| latest.file))
}

/// The run a place stands for before anything is changed, and where in it it opens.
fn run_of(place: &Place) -> Result<(Script, Spot), LabError> {
    match place {
        Place::Own => Ok((sandbox(Config::default()), Spot::default())),
        Place::New(text) => {
            let script = sandbox(config_of(text)?);
            let named = query(text, "preset").and_then(lab::preset).map(|p| (format!("Sandbox like {}", p.like), p.about.clone()));
            Ok((named.map_or(script.clone(), |(title, about)| Script { title, about, ..script }), Spot::default()))
        }
        Place::Shared(text) => lab::linked(query(text, "r").unwrap_or_default()),
        Place::Gallery(slug) => {
            let found = lab::gallery().iter().find(|(name, _)| *name == slug.as_str());
            let (_, file) =
                found.ok_or_else(|| invalid("run", format!("there is none called \"{}\"", slug.chars().take(40).collect::<String>())))?;
            let script = lab::script_from_file(file)?;
            let events = script.start.unwrap_or(0);
            Ok((script, Spot { events, ..Spot::default() }))
        }
    }
}

fn invalid(field: &'static str, problem: String) -> LabError {
    CommandError { field, problem }.into()
}

/// Reads `?preset=riak&nodes=6&zones=2&tokens=16&copies=3&write=QUORUM&read=QUORUM&repair=blocking`; what is left out is as in the preset,
/// or as usual. Instead of tokens there can be `partitions=64`, and copies can be a list with a number for each zone, `3,2`.
fn config_of(text: &str) -> Result<Config, LabError> {
    let mut config = Config::default();
    if let Some(name) = query(text, "preset") {
        let names = || lab::presets().iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = lab::preset(name).ok_or_else(|| invalid("preset", format!("must be one of {}, is \"{}\"", names(), clip(name))))?;
        found.apply(&mut config);
    }
    let number = |name, field| match query(text, name) {
        None => Ok(None),
        Some(value) => {
            value.parse::<u32>().map(Some).map_err(|_| invalid(field, format!("must be a whole number, is \"{}\"", clip(value))))
        }
    };
    let level = |name, field| match query(text, name) {
        None => Ok(None),
        Some(value) => {
            let found = Level::named(value).filter(|level| *level != Level::Count(0));
            found.map(Some).ok_or_else(|| invalid(field, format!("must be a level such as ONE, QUORUM or ALL, is \"{}\"", clip(value))))
        }
    };
    config.nodes = number("nodes", "nodes")?.unwrap_or(config.nodes);
    let zones = number("zones", "zones")?.unwrap_or(1);
    if !(1..=MAX_ZONES as u32).contains(&zones) {
        return Err(invalid("zones", format!("must be 1 to {MAX_ZONES}, is {zones}")));
    }
    config.topology.zones = named_zones(zones);
    config.topology.style = match (number("tokens", "tokens")?, number("partitions", "partitions")?) {
        (_, Some(q)) => Style::Partitions(q),
        (Some(each), None) => Style::Tokens(each),
        (None, None) => config.topology.style,
    };
    let settings = &mut config.settings;
    if let Some(list) = query(text, "copies").filter(|value| value.contains(',')) {
        let counts: Result<Vec<u8>, _> = list.split(',').map(str::parse).collect();
        let counts = counts.map_err(|_| invalid("copies", format!("must be whole numbers up to 255, are \"{}\"", clip(list))))?;
        settings.replicas = Replication::per_zone(&counts).map_err(|e| invalid("copies", e.to_string()))?;
    } else {
        settings.replicas = number("copies", "copies")?.map_or(settings.replicas, Into::into);
    }
    settings.write.level = level("write", "write")?.unwrap_or(settings.write.level);
    settings.read.level = level("read", "read")?.unwrap_or(settings.read.level);
    settings.read.repair = match query(text, "repair") {
        None => settings.read.repair,
        Some("blocking") => Repair::Blocking,
        Some("asynchronous") => Repair::Asynchronous,
        Some("off") => Repair::Off,
        Some(other) => return Err(invalid("repair", format!("must be blocking, asynchronous or off, is \"{}\"", clip(other)))),
    };
    Ok(config)
}

fn clip(text: &str) -> String {
    text.chars().take(20).collect()
}

/// An error as a sentence: it begins with a capital and ends with a full stop.
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let dot = if text.ends_with('.') { "" } else { "." };
    capital(&text) + dot
}
