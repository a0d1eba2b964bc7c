//! From the elements of a template to layers.

use std::collections::HashMap;

use minijinja::Value;

use crate::{
    board::{Board, feed::Crossing},
    compose::{
        context::{Context, PageContext, RunnerContext},
        expressions::Expressions,
        nodes::NodeMaker,
    },
    roster::Race,
    scene::{Layer, Node, Rect, Show},
    template::element::{Content, Element, Enter, ListOf, PagesOf, When},
    text::shaper::Shaper,
    time::Moment,
};

/// Between the `z` of one element and the next there is room for the runners of an active element.
const Z_STEP: i32 = 100;

/// A race with fewer finishers takes no turn while others have more to show.
const WORTH_A_PAGE: usize = 3;

/// Places elements one after the other.
pub(super) struct Placer<'a> {
    board: &'a Board,
    expressions: &'a mut Expressions,
    shaper: &'a mut Shaper,
    /// How many there are to list in the feed: counted once, because each is judged by its reads.
    crossings: usize,
    layers: Vec<Layer>,
    enters: HashMap<String, Enter>,
}

/// Where an element stands: on which page, if on one, and when it is seen.
#[derive(Clone)]
struct Scope<'a> {
    /// Begins the keys of its layers.
    prefix: String,
    race: Option<&'a Race>,
    show: Show,
    context: Context,
}

impl<'a> Placer<'a> {
    pub(super) fn new(
        board: &'a Board,
        expressions: &'a mut Expressions,
        shaper: &'a mut Shaper,
    ) -> Self {
        Self {
            board,
            expressions,
            shaper,
            crossings: board.feed().count(),
            layers: Vec::new(),
            enters: HashMap::new(),
        }
    }

    pub(super) fn finish(self) -> (Vec<Layer>, HashMap<String, Enter>) {
        (self.layers, self.enters)
    }

    /// Places an element of the template itself.
    pub(super) fn place(&mut self, element: &Element, index: i32) {
        let z = index * Z_STEP;
        let scope = Scope {
            prefix: String::new(),
            race: None,
            show: Show::Always,
            context: Context::of(self.board, None, self.crossings),
        };
        match (element.when, &element.content) {
            (When::Active, Content::List { .. }) => {
                let until = self.board.showing().last().map(|last| last.until);
                if until.is_some() {
                    let show = Show::Between { from: None, until };
                    self.in_scope(element, z, &Scope { show, ..scope });
                }
            }
            (When::Active, _) => self.active(element, z, &scope),
            (When::Resting, _) => self.in_scope(
                element,
                z,
                &Scope {
                    show: self.resting(),
                    ..scope
                },
            ),
            (
                When::Always,
                Content::Pages {
                    of,
                    period_ms,
                    page,
                },
            ) => {
                self.pages(&element.name, *of, *period_ms, page, z);
            }
            (When::Always, _) => self.in_scope(element, z, &scope),
        }
    }

    /// One layer for each runner of the schedule. Each is gone when the next comes in.
    fn active(&mut self, element: &Element, z: i32, scope: &Scope<'a>) {
        for (index, slot) in self.board.showing().enumerate() {
            let runner = RunnerContext::of_crossing(self.board, &slot.crossing);
            let show = Show::Between {
                from: Some(slot.from),
                until: Some(slot.until),
            };
            let key = format!("{}/{}", element.name, slot.crossing.position);
            let scope = Scope {
                show,
                ..scope.clone()
            };
            let context = scope.context.with_runner(runner);
            self.layer(
                element,
                key,
                z + (index as i32).min(Z_STEP - 1),
                &scope,
                &context,
            );
        }
    }

    /// From the end of the last runner's turn on.
    fn resting(&self) -> Show {
        self.board
            .showing()
            .last()
            .map_or(Show::Always, |last| Show::Between {
                from: Some(last.until),
                until: None,
            })
    }

    fn pages(&mut self, name: &str, of: PagesOf, period_ms: i64, page: &[Element], z: i32) {
        let races = self.races(of);
        for (index, race) in races.iter().copied().enumerate() {
            // Turns are counted from a moment that is the same for everybody, so all screens turn their pages together.
            let turn = Show::Turn {
                page: index as u32,
                pages: races.len() as u32,
                period_ms,
                since: Moment::default(),
            };
            let scope = Scope {
                prefix: format!("{name}/{}/", race.name),
                race: Some(race),
                show: if races.len() > 1 { turn } else { Show::Always },
                context: Context {
                    page: PageContext {
                        number: index + 1,
                        count: races.len(),
                    },
                    ..Context::of(self.board, Some(race), self.crossings)
                },
            };
            for (index, element) in page.iter().enumerate() {
                self.in_scope(element, z + index as i32, &scope);
            }
        }
    }

    /// The races that have a page: those that have what is asked for, or else those that come nearest.
    fn races(&self, of: PagesOf) -> Vec<&'a Race> {
        let board = self.board;
        let all = board.roster().races();
        let with = |has_page: &dyn Fn(&Race) -> bool| -> Vec<&'a Race> {
            all.iter().filter(|race| has_page(race)).collect()
        };
        let finished = |race: &Race| board.counts(&race.name).finished;
        let choices = match of {
            PagesOf::Ranked => [
                with(&|race| finished(race) >= WORTH_A_PAGE),
                with(&|race| finished(race) > 0),
            ],
            PagesOf::Started => [with(&|race| board.zero_at(&race.name).is_some()), vec![]],
        };
        let mut choices = choices.into_iter();
        choices
            .find(|races| !races.is_empty())
            .unwrap_or_else(|| all.iter().collect())
    }

    fn in_scope(&mut self, element: &Element, z: i32, scope: &Scope<'a>) {
        let key = format!("{}{}", scope.prefix, element.name);
        let Content::List {
            of,
            rows,
            pitch,
            row,
        } = &element.content
        else {
            let context = scope.context.with_runner(RunnerContext::default());
            return self.layer(element, key, z, scope, &context);
        };
        let runners = self.runners(*of, *rows, element.when, scope);
        for (index, (id, runner)) in runners.into_iter().enumerate() {
            let rect = Rect {
                y: element.rect.y + index as i32 * pitch,
                ..element.rect
            };
            let cells = row.iter().map(|cell| (cell, cell.rect.x, cell.rect.y));
            let nodes = self.nodes(cells, scope, &scope.context.with_runner(runner));
            let layer = Layer {
                clip: Some(element.rect),
                ..at_rest(format!("{key}/{id}"), z, rect, nodes)
            };
            self.add(layer, element.enter, scope);
        }
    }

    /// The runners of a list, each with what makes its row recognisable. A feed beside the runners being shown leaves them out.
    fn runners(
        &self,
        of: ListOf,
        rows: usize,
        when: When,
        scope: &Scope<'a>,
    ) -> Vec<(String, RunnerContext)> {
        let board = self.board;
        let has_turn = |crossing: &Crossing| {
            board
                .showing()
                .any(|slot| slot.crossing.position == crossing.position)
        };
        match of {
            ListOf::Feed => board
                .feed()
                .filter(|crossing| when != When::Active || !has_turn(crossing))
                .take(rows)
                .map(|crossing| {
                    (
                        crossing.position.to_string(),
                        RunnerContext::of_crossing(board, crossing),
                    )
                })
                .collect(),
            ListOf::Leaders => {
                let race = scope
                    .race
                    .or_else(|| self.races(PagesOf::Ranked).first().copied());
                let standings = race.and_then(|race| board.standings(&race.name));
                let leaders = standings.map_or(&[][..], |standings| standings.leaders(rows));
                leaders
                    .iter()
                    .filter_map(|finisher| board.roster().by_bib(&finisher.bib))
                    .map(|participant| {
                        (
                            participant.bib.clone(),
                            RunnerContext::of(board, participant),
                        )
                    })
                    .collect()
            }
        }
    }

    fn layer(
        &mut self,
        element: &Element,
        key: String,
        z: i32,
        scope: &Scope<'a>,
        context: &Value,
    ) {
        let nodes = self.nodes([(element, 0, 0)], scope, context);
        if !nodes.is_empty() {
            self.add(at_rest(key, z, element.rect, nodes), element.enter, scope);
        }
    }

    fn add(&mut self, layer: Layer, enter: Enter, scope: &Scope<'a>) {
        self.enters.insert(layer.key.clone(), enter);
        self.layers.push(Layer {
            show: scope.show,
            ..layer
        });
    }

    /// The nodes of elements, each with its origin within the layer.
    fn nodes<'e>(
        &mut self,
        elements: impl IntoIterator<Item = (&'e Element, i32, i32)>,
        scope: &Scope<'a>,
        context: &Value,
    ) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut maker = NodeMaker {
            board: self.board,
            expressions: self.expressions,
            shaper: self.shaper,
            race: scope.race,
            context,
        };
        for (element, x, y) in elements {
            maker.nodes(element, x, y, &mut nodes);
        }
        nodes
    }
}

fn at_rest(key: String, z: i32, rect: Rect, nodes: Vec<Node>) -> Layer {
    Layer {
        key,
        z,
        x: rect.x,
        y: rect.y,
        clip: None,
        show: Show::Always,
        tweens: Vec::new(),
        nodes,
    }
}
