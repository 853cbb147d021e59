//! A set of players, as bits.

/// The players that are present; the others are masked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coalition {
    /// Player 0 is the lowest bit of the first word; bits past the last player are 0.
    words: Box<[u64]>,
    n_players: usize,
}

impl Coalition {
    pub fn empty(n_players: usize) -> Coalition {
        Coalition {
            words: vec![0; n_players.div_ceil(64)].into_boxed_slice(),
            n_players,
        }
    }

    pub fn full(n_players: usize) -> Coalition {
        Coalition::empty(n_players).complement()
    }

    /// The coalition of the players at these positions, all below `n_players`.
    pub fn of(n_players: usize, players: impl IntoIterator<Item = usize>) -> Coalition {
        let mut coalition = Coalition::empty(n_players);
        for player in players {
            coalition.insert(player);
        }
        coalition
    }

    pub fn n_players(&self) -> usize {
        self.n_players
    }

    pub fn n_present(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    #[inline]
    pub fn contains(&self, player: usize) -> bool {
        self.words[player / 64] >> (player % 64) & 1 == 1
    }

    /// The absent players.
    #[must_use]
    pub fn complement(&self) -> Coalition {
        let mut words: Box<[u64]> = self.words.iter().map(|word| !word).collect();
        if let (Some(last), used @ 1..) = (words.last_mut(), self.n_players % 64) {
            *last &= (1 << used) - 1;
        }
        Coalition {
            words,
            n_players: self.n_players,
        }
    }

    /// Positions of the present players, ascending.
    pub fn present(&self) -> impl Iterator<Item = usize> {
        (0..self.n_players).filter(|&player| self.contains(player))
    }

    pub(super) fn insert(&mut self, player: usize) {
        debug_assert!(player < self.n_players);
        self.words[player / 64] |= 1 << (player % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complement_has_exactly_the_other_players() {
        for n_players in [0, 1, 5, 63, 64, 65, 200] {
            let coalition = Coalition::of(n_players, (0..n_players).filter(|p| p % 3 == 1));
            let complement = coalition.complement();
            let others: Vec<usize> = (0..n_players).filter(|p| p % 3 != 1).collect();
            assert_eq!(complement.present().collect::<Vec<_>>(), others);
            assert_eq!(complement.n_present(), others.len());
            assert_eq!(complement.complement(), coalition);
            assert_eq!(Coalition::full(n_players).n_present(), n_players);
        }
    }
}
