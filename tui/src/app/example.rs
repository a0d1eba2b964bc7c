//! What templates look like: each one composed with the sample race.

use std::collections::HashMap;

use gantry_core::{
    board,
    compose::{Composer, sample},
    scene::Scene,
    template::Template,
};

use crate::{
    api::types::Mode,
    app::{
        form::{Form, Name},
        submit,
    },
};

/// The examples of templates, by template and mode.
#[derive(Clone, Debug, Default)]
pub struct Examples(HashMap<(String, Mode), Example>);

/// How far the example of a template has come.
#[derive(Clone, Debug)]
pub enum Example {
    /// It is on its way.
    Asked,
    /// It is there, to be shown at [`SHOWN_AT`](gantry_core::compose::sample::SHOWN_AT).
    Picture(Box<Scene>),
    /// It cannot be had.
    Failed(String),
}

impl Examples {
    /// The example of a template in a mode.
    pub fn find(&self, template_id: &str, mode: Mode) -> Option<&Example> {
        self.0.get(&(template_id.to_owned(), mode))
    }

    /// Holds what came of an example.
    pub fn hold(&mut self, template_id: &str, mode: Mode, example: Example) {
        self.0.insert((template_id.to_owned(), mode), example);
    }
}

/// Composes a template with the sample race.
pub fn compose(template: Template, mode: Mode) -> Scene {
    let mode = match mode {
        Mode::PreRace => board::settings::Mode::PreRace,
        Mode::Results => board::settings::Mode::Results,
    };
    Composer::new(template).compose(&sample::board(mode)).scene
}

/// The template and mode that a form has chosen.
pub fn chosen(form: &Form) -> Option<(&str, Mode)> {
    let template = form
        .chosen(Name::Template)
        .filter(|choice| !choice.id.is_empty())?;
    Some((&template.id, submit::mode(form)))
}
