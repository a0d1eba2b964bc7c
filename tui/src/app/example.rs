//! What templates look like: each one composed with the sample race.

use std::collections::HashMap;

use gantry_core::{
    board,
    compose::{Composer, sample},
    scene::Scene,
    template::Template,
};

use crate::{
    api::{request::Request, types::Mode},
    app::{
        dialog::Dialog,
        event::Effect,
        form::{Form, Name},
        model::Model,
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

/// Asks for the template that is chosen, the first time that it is.
pub fn ask(model: &mut Model) -> Option<Effect> {
    let Some(Dialog::Form(form)) = &model.dialog else {
        return None;
    };
    let (id, mode) = chosen(form)?;
    let key = (id.to_owned(), mode);
    if model.examples.0.contains_key(&key) {
        return None;
    }
    model.examples.0.insert(key.clone(), Example::Asked);
    Some(Effect::Ask(Request::Template { id: key.0, mode }))
}
