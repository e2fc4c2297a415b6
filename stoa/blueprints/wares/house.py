"""For the kitchen and the rooms of a house."""

from stoa.blueprints.wares.ware import Ware

WARES = [
    Ware(
        "home", "WREATH", "Bay leaf wreath",
        "Real bay, wired by hand on a willow hoop and finished with rosehips. It scents the hall for a fortnight "
        "and then dries where it hangs; pick a leaf for the soup whenever you pass. About 34 cm across, with a "
        "linen ribbon.",
        3200, "wreath", "rose", "A wreath of leaves and berries on a ribbon", 420, 14,
    ),
    Ware(
        "home", "CLOCK", "Half Past alarm clock",
        "Two bells, one hammer and no opinions about your sleep. A proper wind-up movement ticks quietly enough "
        "for a bedroom; the bells do not. Powder-coated steel, 12 cm tall.",
        2950, "clock", "mint", "An alarm clock with two bells", 360, 22,
        colours={"Mint": "mint", "Rose": "rose", "Slate": "slate"},
    ),
    Ware(
        "home", "VASE", "Meadow vase",
        "A narrow neck so that five stems stand like fifty, and a belly heavy enough that the cat may rub past "
        "it. Stoneware with a wax-resist band, so no two bands are quite alike. 21 cm tall.",
        3800, "vase", "sea", "A bellied vase with a handful of flowers", 980, 17,
        colours={"Sea blue": "sea", "Plum": "plum", "Clay": "clay"},
    ),
    Ware(
        "candles-and-light", "LANTERN", "Harbour wall lantern",
        "Made for boats, happy in gardens. The glass lifts out for cleaning and the little roof keeps the rain "
        "off the flame. Takes a tea light or a stub. Galvanised steel, 31 cm with its ring.",
        3450, "lantern", "sea", "A garden lantern with a candle in it", 1250, 9,
        colours={"Sea blue": "sea", "Moss": "moss"},
    ),
    Ware(
        "candles-and-light", "WINTER", "Winter lantern, tall",
        "The big brother: 52 cm, three candles, one long evening. We make them from October and they are gone by "
        "Advent; leave it in your basket and be quicker next year.",
        5900, "lantern", "plum", "A tall lantern with a candle in it", 2100, 0,
    ),
    Ware(
        "candles-and-light", "SMOKE", "Woodsmoke candle",
        "Birch tar, cedar and a little vanilla: the jumper you wore at the bonfire, the morning after. Rapeseed "
        "wax from Norfolk, cotton wick, no colour added.",
        1400, "candle", "slate", "A candle burning in a glass", 380, 36,
        sizes={"Small, 25 hours": 0, "Large, 60 hours": 1000},
    ),
    Ware(
        "candles-and-light", "FIG", "Fig & fern candle",
        "Green fig, crushed fern and the shady end of a greenhouse. The glass is a good tumbler once the wax is "
        "gone: freeze it for an hour and the rest pops out.",
        1400, "candle", "moss", "A candle burning in a glass", 380, 41,
        sizes={"Small, 25 hours": 0, "Large, 60 hours": 1000},
    ),
    Ware(
        "textiles", "BLANKET", "Hill farm blanket",
        "Pure new wool from flocks in the Cambrian hills, woven double so that it is a different blanket on "
        "either side. Heavy enough for January, handsome enough to leave out in June. 150 by 200 cm.",
        8900, "blanket", "plum", "Two folded blankets with stripes and a fringe", 1600, 8, compare_at=11500,
        colours={"Plum": "plum", "Sea blue": "sea", "Honey": "honey"},
    ),
    Ware(
        "textiles", "CUSHION", "Weaver's cushion",
        "Four tassels, a band of diamonds and a feather pad that can be thumped back into shape. The cover zips "
        "off and washes at thirty degrees.",
        2800, "cushion", "moss", "A cushion with stripes, diamonds and tassels", 650, 26,
        colours={"Moss": "moss", "Clay": "clay", "Slate": "slate"}, sizes={"45 cm": 0, "60 cm": 900},
    ),
    Ware(
        "textiles", "PICNIC", "Picnic blanket",
        "Recycled wool above, waxed cotton below, so the grass may be as damp as it likes. Rolls up into its own "
        "leather strap. Seats four, or two and a dog.",
        6400, "blanket", "honey", "A folded blanket with stripes and a fringe", 1900, 11,
    ),
    Ware(
        "kitchen", "JAM", "Hedgerow jam",
        "Fruit, sugar, lemon, a copper pan and nothing else. Ruth makes forty jars on a Thursday and we stop "
        "selling when they are gone. 340 g.",
        650, "jar", "clay", "A jar of jam under a gingham cloth", 560, 48,
        sizes={"Bramble & apple": 0, "Damson": 0, "Raspberry & rose": 50}, size_name="Flavour",
    ),
    Ware(
        "kitchen", "BOWL", "Speckled fruit bowl",
        "Wide enough for a week of oranges. Thrown in one piece from iron-rich clay that freckles through the "
        "glaze. 29 cm across; oven and dishwasher will not harm it.",
        4200, "bowl", "moss", "A speckled bowl of oranges", 1450, 12,
        colours={"Moss": "moss", "Sea blue": "sea"},
    ),
    Ware(
        "kitchen", "PLATE", "Meadow dinner plate",
        "A wreath around the rim and one flower waiting under the potatoes. Painted with a brush, not a transfer, "
        "and signed on the back by whoever held it. 27 cm.",
        1900, "plate", "rose", "A dinner plate with painted leaves on its rim", 720, 64,
        colours={"Rose": "rose", "Slate": "slate", "Moss": "moss"},
    ),
    Ware(
        "kitchen", "TEATWO", "Tea for two",
        "Our breakfast teapot, two harbour mugs and a tin of Assam, packed in straw in a box that needs no "
        "wrapping. Cheaper together, as most things are.",
        5800, "teapot", "rose", "A round teapot painted with a sprig", 2300, 10, compare_at=6600,
    ),
    Ware(
        "kitchen", "TEAPOT", "Breakfast teapot",
        "It pours without dripping: we tried eleven spouts until one did. Stoneware, with a strainer of little "
        "holes behind the spout, so leaves stay where they belong.",
        3400, "teapot", "honey", "A round teapot painted with a sprig", 1150, 15,
        colours={"Honey": "honey", "Mint": "mint"}, sizes={"Two cups": 0, "Six cups": 1200},
    ),
    Ware(
        "kitchen", "MUG", "Harbour mug",
        "The mug we were asked for most, so here it is in four colours. It holds 350 ml, fits a cold hand all "
        "round, and has a handle for two fingers and a thumb.",
        1400, "mug", "sea", "A mug of cocoa with a painted band", 410, 90,
        colours={"Sea blue": "sea", "Clay": "clay", "Moss": "moss", "Honey": "honey"},
    ),
]  # fmt: skip
