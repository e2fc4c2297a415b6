"""For small people, for the desk, and for going out."""

from stoa.blueprints.wares.ware import Ware

WARES = [
    Ware(
        "paper", "COLOURING", "Print-at-home colouring book",
        "Twenty-four pages of our drawings, waiting for yours. Comes as a PDF the moment you have paid; print it "
        "as often as there are rainy Sundays.",
        400, "card", "honey", "A drawing half out of an envelope", 0, 0, is_download=True,
    ),
    Ware(
        "paper", "THANKS", "Thank-you cards, box of eight",
        "Eight cards, eight envelopes, and room inside for three sentences, which is all it takes. Printed on an "
        "old Heidelberg in Stroud.",
        950, "card", "sea", "A greeting card half out of its envelope", 210, 55,
    ),
    Ware(
        "paper", "CARD", "Garden card",
        "One big flower, blank inside: it has been a birthday card, an apology and a proposal. Cotton paper, "
        "heavy enough to stand on a mantelpiece.",
        325, "card", "rose", "A greeting card half out of its envelope", 30, 120,
        colours={"Rose": "rose", "Clay": "clay", "Mint": "mint"},
    ),
    Ware(
        "paper", "PENCILS", "Pencils in a tin",
        "Twelve colours in cedar, sharp from the first day, in a tin that will hold brushes, rulers or ginger "
        "biscuits afterwards.",
        1300, "pencils", "clay", "Coloured pencils in a tin", 340, 33,
    ),
    Ware(
        "paper", "NOTEBOOK", "Field notebook",
        "Stitched so that it lies flat, bound so that it survives a pocket. 160 pages of paper that ink does not "
        "bleed through, a ribbon, and an elastic that stays elastic. A5.",
        1100, "notebook", "sea", "A bound notebook with a pencil", 290, 60,
        colours={"Sea blue": "sea", "Plum": "plum"}, sizes={"Plain": 0, "Ruled": 0, "Dotted": 0}, size_name="Paper",
    ),
    Ware(
        "out-and-about", "SCARF", "Striped lambswool scarf",
        "Two metres, so it goes round twice and still hangs well. Knitted in Hawick from wool that does not itch; "
        "ask anyone who borrowed it.",
        3600, "scarf", "plum", "A knitted scarf with stripes and fringes", 220, 19,
        colours={"Plum": "plum", "Moss": "moss", "Rose": "rose"},
    ),
    Ware(
        "out-and-about", "UMBRELLA", "Puddle-weather umbrella",
        "Eight steel ribs and a maple crook. It turns inside out in a gale, as all umbrellas do, and then turns "
        "back, as most do not. Mended free for five years.",
        3200, "umbrella", "sea", "An open umbrella in the rain", 560, 3, compare_at=3900,
        colours={"Sea blue": "sea", "Rose": "rose", "Honey": "honey"},
    ),
    Ware(
        "out-and-about", "TOTE", "Market tote",
        "Carries nine kilos of potatoes; we weighed them. Thick organic canvas, a flat bottom, a pocket for keys, "
        "and handles long enough for a winter coat.",
        1650, "bag", "clay", "A canvas tote with a printed sprig", 310, 70,
        colours={"Clay": "clay", "Moss": "moss", "Plum": "plum"},
    ),
    Ware(
        "nursery", "LITTLEMUG", "Little hands mug",
        "Half the size, twice the handle. The same stoneware as ours, in a weight that small arms can lift and a "
        "shape that is hard to tip.",
        1100, "mug", "mint", "A small mug of cocoa with a painted band", 260, 28,
    ),
    Ware(
        "nursery", "BUNTING", "Party bunting",
        "Fourteen flags, three metres, sewn rather than glued, so it comes out for every birthday until they are "
        "too grown up and then again at thirty.",
        1900, "bunting", "honey", "Two strings of flags", 180, 24,
        colours={"Honey": "honey", "Rose": "rose", "Mint": "mint"},
    ),
    Ware(
        "nursery", "MOBILE", "Moon & cloud mobile",
        "Felt moon, two clouds, two stars and the slightest draught. Hangs from a beech arm, well out of reach, "
        "and turns slowly enough to fall asleep to.",
        3800, "mobile", "plum", "A mobile of moon, stars and clouds", 240, 13,
    ),
    Ware(
        "nursery", "STACKER", "Ring stacker",
        "Five rings, one ball, one order that is right and a hundred that are more fun. Beech, with colours that "
        "are safe to chew, because they will be chewed.",
        2400, "stacker", "mint", "Wooden rings on a peg", 520, 21,
        colours={"Mint": "mint", "Honey": "honey"},
    ),
    Ware(
        "nursery", "ROMPER", "Little star bodysuit",
        "Organic cotton, poppers that hold, shoulders that open wide for a large head in a hurry. One appliqué "
        "star, stitched flat, so nothing scratches. Buy the next size up; you know they grow.",
        1600, "romper", "moss", "A baby's bodysuit with a star on its chest", 90, 18,
        colours={"Moss": "moss", "Sea blue": "sea", "Rose": "rose"},
        sizes={"0 to 3 months": 0, "3 to 6 months": 0, "6 to 12 months": 100},
    ),
    Ware(
        "nursery", "BEAR", "Bramwell Bear",
        "Bramwell sits where he is put, listens well and has never told a secret. Mohair over wool, jointed at "
        "the shoulders, and a bow that a grown-up must tie again. 32 cm.",
        2800, "teddy", "honey", "A sitting bear with a bow", 430, 16,
        colours={"Honey": "honey", "Clay": "clay", "Mint": "mint"},
    ),
]  # fmt: skip
