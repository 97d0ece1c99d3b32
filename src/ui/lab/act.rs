//! Doing something to the run, from any panel: errors are said in the page, a future that is kept is announced.

use super::LabHandle;
use super::open::sentence;
use crate::engine::world::Command;
use crate::lab::{Acted, LabError};

/// Carries out a command at the cursor. If this changes the past, the old future is kept as a branch and the person is told.
pub fn act(lab: &LabHandle, command: Command) -> Result<Acted, LabError> {
    let acted = lab.with(|s| s.act(command))?;
    if let Some(old) = acted.branched {
        let name = lab.read(|s| s.branches().get(old.0 as usize).map(|b| b.name.clone())).unwrap_or_default();
        lab.set_ui(|ui| ui.notice = Some(format!("You changed the past. The old future is kept as \"{name}\".")));
    }
    Ok(acted)
}

/// [`act`] for controls that have no place of their own for an error.
pub fn act_or_say(lab: &LabHandle, command: Command) -> bool {
    if lab.ui().read_only {
        return false;
    }
    match act(lab, command) {
        Ok(_) => true,
        Err(error) => {
            lab.set_ui(|ui| ui.error = Some(sentence(&error)));
            false
        }
    }
}
