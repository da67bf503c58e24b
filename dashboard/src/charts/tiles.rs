//! The schematic map: a tile a district, coloured by how its value stands to the target.

use super::Words;
use super::canvas::{Ink, QUIET, STRONG, Side, Spot, Type, fitted, rectangle, sheet, text, with_spots};
use crate::figures::Heat;

/// One district's tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its place from the left, from 0.
    pub column: i64,
    /// Its place from the top, from 0.
    pub row: i64,
    /// The district.
    pub name: String,
    /// The value as it is written.
    pub label: String,
    /// How it stands to the target.
    pub heat: Heat,
}

const SIDE: i32 = 84;
const GAP: i32 = 5;

/// The map; one drawing serves all screens.
pub fn tiles(tiles: &[Tile], words: &Words) -> Option<String> {
    let left = tiles.iter().map(|tile| tile.column).min()?;
    let top = tiles.iter().map(|tile| tile.row).min()?;
    let size = |most: Option<i64>, least: i64| ((most.unwrap_or(least) - least + 1) as i32 * (SIDE + GAP) - GAP) as u32;
    let full =
        (size(tiles.iter().map(|tile| tile.column).max(), left), size(tiles.iter().map(|tile| tile.row).max(), top));
    let corner = |tile: &Tile| ((tile.column - left) as i32 * (SIDE + GAP), (tile.row - top) as i32 * (SIDE + GAP));
    let svg = sheet(full, "map", words, |area| {
        for tile in tiles {
            let (x, y) = corner(tile);
            rectangle(area, (x, y), (SIDE, SIDE), ground(tile.heat));
            let name = Type { ink: Ink::Text, ..QUIET };
            text(area, (x + SIDE / 2, y + 26), Side::Middle, name, &fitted(&tile.name, name.size, SIDE - 8));
            text(area, (x + SIDE / 2, y + 52), Side::Middle, Type { size: 16.0, ..STRONG }, &tile.label);
        }
    });
    let spot =
        |tile: &Tile| Spot { corner: corner(tile), size: (SIDE, SIDE), words: format!("{} {}", tile.name, tile.label) };
    Some(with_spots(&svg, &tiles.iter().map(spot).collect::<Vec<_>>()))
}

fn ground(heat: Heat) -> Ink {
    match heat {
        Heat::Met => Ink::MetGround,
        Heat::Near => Ink::NearGround,
        Heat::Missed => Ink::MissedGround,
        Heat::Low => Ink::LowGround,
        Heat::Lowest => Ink::LowestGround,
        Heat::None => Ink::VoidGround,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn tiles_stand_in_their_places() {
        let tile = |column, row, name: &str, heat| Tile {
            column,
            row,
            name: name.to_owned(),
            label: "98.0%".to_owned(),
            heat,
        };
        let all = [tile(1, 1, "滕州市", Heat::Met), tile(2, 3, "峄城区", Heat::Lowest)];
        let svg = tiles(&all, &Words { title: "地图".to_owned(), description: String::new() }).expect("two tiles");
        check_well_formed(&svg);
        assert!(svg.contains("viewBox=\"0 0 173 262\""), "{svg}");
        assert!(svg.contains("滕州市") && svg.contains("var(--g-lowest)"), "{svg}");
        assert_eq!(tiles(&[], &Words { title: String::new(), description: String::new() }), None);
    }
}
