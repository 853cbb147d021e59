//! Who plays: a feature, or a group of features that are present and absent together.
//!
//! A column that no player owns (`features_to_explain` leaves it out) is not masked: it has the
//! row's own value in every input. The values of the players then tell how the prediction
//! differs from the mean prediction of the baseline *with these columns as they are in the row*,
//! so that the value of nobody differs from row to row and is asked with the coalitions.

use super::coalition::Coalition;
use super::design::KernelDesign;

/// One feature, or a group of them under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    pub name: String,
    /// Positions of its columns.
    pub columns: Vec<usize>,
}

/// The players of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Players {
    players: Vec<Player>,
    /// Of each column; `None` where it is fixed at the row's own value.
    owners: Vec<Option<usize>>,
}

/// Why these are no players.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlayers {
    #[error("there is no player: name at least one feature to explain")]
    None,
    #[error("group `{player}` has no feature")]
    WithoutColumns { player: String },
    #[error("`{player}` has column {column}, but the table has {n_columns}")]
    UnknownColumn {
        player: String,
        column: usize,
        n_columns: usize,
    },
    #[error("column {column} belongs to `{first}` and to `{second}`: leave it in one of them")]
    SharedColumn {
        column: usize,
        first: String,
        second: String,
    },
}

impl Players {
    pub fn new(players: Vec<Player>, n_columns: usize) -> Result<Players, InvalidPlayers> {
        if players.is_empty() {
            return Err(InvalidPlayers::None);
        }
        let mut owners: Vec<Option<usize>> = vec![None; n_columns];
        for (position, player) in players.iter().enumerate() {
            let name = || player.name.clone();
            if player.columns.is_empty() {
                return Err(InvalidPlayers::WithoutColumns { player: name() });
            }
            for &column in &player.columns {
                let Some(owner) = owners.get_mut(column) else {
                    return Err(InvalidPlayers::UnknownColumn {
                        player: name(),
                        column,
                        n_columns,
                    });
                };
                if let Some(first) = owner.replace(position) {
                    return Err(InvalidPlayers::SharedColumn {
                        column,
                        first: players[first].name.clone(),
                        second: name(),
                    });
                }
            }
        }
        Ok(Players { players, owners })
    }

    /// Every column plays for itself.
    pub fn of_columns<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Players, InvalidPlayers> {
        let players: Vec<Player> = (names.into_iter().enumerate())
            .map(|(column, name)| Player {
                name: name.to_owned(),
                columns: vec![column],
            })
            .collect();
        let n_columns = players.len();
        Players::new(players, n_columns)
    }

    pub fn n_players(&self) -> usize {
        self.players.len()
    }

    pub fn n_columns(&self) -> usize {
        self.owners.len()
    }

    pub fn players(&self) -> &[Player] {
        &self.players
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.players.iter().map(|player| player.name.as_str())
    }

    /// The player that has the column; `None` where it keeps the row's value.
    pub fn owner(&self, column: usize) -> Option<usize> {
        self.owners.get(column).copied().flatten()
    }

    pub fn has_fixed_columns(&self) -> bool {
        self.owners.contains(&None)
    }

    /// The coalitions of a design to be asked of each row: where columns are fixed, nobody's
    /// comes first, because its value is the row's own.
    pub fn asked_coalitions(&self, design: &KernelDesign) -> Vec<Coalition> {
        let nobody = self
            .has_fixed_columns()
            .then(|| Coalition::empty(self.n_players()));
        nobody
            .into_iter()
            .chain(design.coalitions().iter().cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player(name: &str, columns: &[usize]) -> Player {
        Player {
            name: name.to_owned(),
            columns: columns.to_vec(),
        }
    }

    #[track_caller]
    fn check(players: Vec<Player>, expected: &str) {
        let error = Players::new(players, 3).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_no_player_is_told_by_name() {
        check(
            vec![],
            "there is no player: name at least one feature to explain",
        );
        check(vec![player("place", &[])], "group `place` has no feature");
        check(
            vec![player("place", &[0, 3])],
            "`place` has column 3, but the table has 3",
        );
        check(
            vec![player("place", &[0, 1]), player("age", &[1])],
            "column 1 belongs to `place` and to `age`: leave it in one of them",
        );
        check(
            vec![player("place", &[2, 2])],
            "column 2 belongs to `place` and to `place`: leave it in one of them",
        );
    }

    #[test]
    fn nobody_is_asked_where_columns_are_fixed() {
        let design = KernelDesign::new(2, None, 0).unwrap();
        let all = Players::of_columns(["a", "b"]).unwrap();
        assert_eq!(all.asked_coalitions(&design), design.coalitions());
        let some = Players::new(vec![player("a", &[0]), player("b", &[2])], 3).unwrap();
        let asked = some.asked_coalitions(&design);
        assert_eq!(asked[0].n_present(), 0);
        assert_eq!(&asked[1..], design.coalitions());
    }
}
