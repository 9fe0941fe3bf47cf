//! The demonstration's shop: what it sells, where stock lies and where it is sold.

use onhand_core::{ChannelId, InvalidName, Label, LocationId, LocationKind, Sku, SupplierId};

/// What is made in which variants, by which supplier (an index into [`SUPPLIERS`]).
const GOODS: [(&str, &str, &str, usize); 20] = [
    ("TOTE", "Tote bag", "bags", 0),
    ("BACK", "Day backpack", "bags", 0),
    ("MUG", "Stoneware mug", "kitchen", 1),
    ("BOWL", "Serving bowl", "kitchen", 1),
    ("VASE", "Bud vase", "home", 1),
    ("CUSH", "Cushion cover", "textiles", 2),
    ("THRW", "Wool throw", "textiles", 2),
    ("TOWL", "Waffle towel", "textiles", 2),
    ("CNDL", "Soy candle", "home", 3),
    ("LAMP", "Table lamp", "lighting", 0),
    ("LITE", "String lights", "lighting", 0),
    ("CLCK", "Wall clock", "home", 0),
    ("NOTE", "Notebook A5", "paper", 3),
    ("CARD", "Card set", "paper", 3),
    ("PENC", "Pencil box", "paper", 3),
    ("BOTT", "Steel bottle", "kitchen", 0),
    ("LUNC", "Lunch box", "kitchen", 0),
    ("APRN", "Apron", "textiles", 2),
    ("PLNT", "Plant pot", "home", 1),
    ("TRAY", "Serving tray", "home", 2),
];

const VARIANTS: [(&str, &str); 16] = [
    ("SND", "sand"),
    ("INK", "ink"),
    ("MOS", "moss"),
    ("RST", "rust"),
    ("SKY", "sky"),
    ("IVO", "ivory"),
    ("CHA", "charcoal"),
    ("PLM", "plum"),
    ("OCH", "ochre"),
    ("MNT", "mint"),
    ("ROS", "rose"),
    ("NVY", "navy"),
    ("CLY", "clay"),
    ("LIM", "lime"),
    ("PRL", "pearl"),
    ("RED", "red"),
];

/// Suppliers: name, and the virtual location where what they have for us lies.
const SUPPLIERS: [(&str, &str, &str); 4] = [
    ("ningbo-home", "sup-ningbo", "Ningbo Home, at the supplier"),
    ("faenza-ceramics", "sup-faenza", "Faenza Ceramics, at the supplier"),
    ("porto-textil", "sup-porto", "Porto Têxtil, at the supplier"),
    ("leeds-paper", "sup-leeds-paper", "Leeds Paper, at the supplier"),
];

/// An item of the shop.
pub struct Good {
    pub sku: Sku,
    pub name: Label,
    pub category: Label,
    /// Place of its supplier in [`Shop::suppliers`].
    pub supplier: usize,
}

/// Where stock lies.
pub struct Place {
    pub id: LocationId,
    pub name: Label,
    pub kind: LocationKind,
    /// For a supplier's location, the supplier's place in [`Shop::suppliers`].
    pub supplier: Option<usize>,
}

/// Where stock is sold; locations by their place in [`Shop::places`], in the order of drawing.
pub struct Outlet {
    pub id: ChannelId,
    pub name: Label,
    pub places: Vec<usize>,
    /// Of a hundred orders, how many come from here.
    pub percent: u64,
    /// Most units of one line.
    pub units_max: u64,
}

/// The shop as it stands before its first day.
pub struct Shop {
    pub goods: Vec<Good>,
    pub suppliers: Vec<SupplierId>,
    pub places: Vec<Place>,
    pub outlets: Vec<Outlet>,
}

/// Places of the two own warehouses and of the platform's, in [`Shop::places`].
pub const LEEDS: usize = 0;
pub const ROTTERDAM: usize = 1;
pub const PLATFORM: usize = 2;
/// Place of the first supplier's location.
pub const FIRST_SUPPLIER: usize = 3;

impl Shop {
    /// # Errors
    /// A name in the tables above is not allowed.
    pub fn open() -> Result<Shop, InvalidName> {
        let suppliers =
            SUPPLIERS.iter().map(|it| SupplierId::new(it.0)).collect::<Result<_, _>>()?;
        Ok(Shop { goods: goods()?, suppliers, places: places()?, outlets: outlets()? })
    }

    /// Where the supplier of an item keeps what it has for us.
    pub fn supplier_place(&self, good: usize) -> usize {
        FIRST_SUPPLIER + self.goods[good].supplier
    }
}

fn goods() -> Result<Vec<Good>, InvalidName> {
    let mut goods = Vec::with_capacity(GOODS.len() * VARIANTS.len());
    // Variant by variant, so that the first, best-selling places are of every kind.
    for (suffix, colour) in VARIANTS {
        for (stem, noun, category, supplier) in GOODS {
            goods.push(Good {
                sku: Sku::new(&format!("{stem}-{suffix}"))?,
                name: Label::new(&format!("{noun}, {colour}"))?,
                category: Label::new(category)?,
                supplier,
            });
        }
    }
    Ok(goods)
}

fn places() -> Result<Vec<Place>, InvalidName> {
    let place = |id: &str, name: &str, kind, supplier| -> Result<Place, InvalidName> {
        Ok(Place { id: LocationId::new(id)?, name: Label::new(name)?, kind, supplier })
    };
    let mut places = vec![
        place("leeds", "Leeds warehouse", LocationKind::Own, None)?,
        place("rotterdam", "Rotterdam warehouse", LocationKind::Own, None)?,
        place("platform-uk", "Marketplace fulfilment, UK", LocationKind::Platform, None)?,
    ];
    for (index, (_, id, name)) in SUPPLIERS.iter().enumerate() {
        places.push(place(id, name, LocationKind::Supplier, Some(index))?);
    }
    Ok(places)
}

fn outlets() -> Result<Vec<Outlet>, InvalidName> {
    let outlet = |id: &str,
                  name: &str,
                  places: &[usize],
                  percent,
                  units_max|
     -> Result<Outlet, InvalidName> {
        let (id, name) = (ChannelId::new(id)?, Label::new(name)?);
        Ok(Outlet { id, name, places: places.to_vec(), percent, units_max })
    };
    Ok(vec![
        outlet("webshop", "Own web shop", &[LEEDS, ROTTERDAM, 3, 4, 5, 6], 45, 3)?,
        outlet("marketplace-uk", "Marketplace, UK", &[PLATFORM, LEEDS], 30, 2)?,
        outlet("marketplace-eu", "Marketplace, EU", &[ROTTERDAM], 20, 2)?,
        outlet("wholesale", "Wholesale", &[LEEDS, ROTTERDAM], 5, 24)?,
    ])
}
