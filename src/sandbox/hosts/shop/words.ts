/** The shop's dictionaries. The people of anonymised copies have other names, see `anonymise.sql`. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  first:
    split(`Aaltje Bram Carmen Diederik Elif Femke Gijs Hanneke Ibrahim Jolanda Karsten Leonie Matthijs Noor
    Olaf Petra Quirine Ruben Saskia Teun Ursula Victor Wendela Xander Yasmin Zoltan Astrid Bogdan Chiara Dimitra
    Emilia Fabrice Gudrun Henrik Ingeborg Jaromir Katarzyna Lorenzo Margaux Nikolai Orsolya Paulina Rasmus Solveig
    Thibault Ulrike Vincenzo Wiktoria Zuzana Andrzej Beatriz Clemens Dorota Esteban Franziska Giulia`),
  last: split(`Verhoeven Bakkeren Claesens Dijkmans Eikelboom Folkertsma Groenendijk Hoogland Ingenhoven Janszoon
    Kleinhuis Lindeman Moerdijk Nieuwkerk Oosterbaan Plantenga Quaedvlieg Rozendaal Schuurman Terpstra Uittenbroek
    Veldkamp Wassenaar Ypenburg Zonneveld Altmeyer Brandstetter Czerny Dombrowski Eschenbach Fiorentino Gallagher
    Hallstrom Iversen Jaworski Kowalczyk Lefebvre Marchetti Novotny Olafsson Pettersson Quintana Rasmussen Sandoval
    Thorvaldsen Ullmann Vasquez Winterbourne Yilmazer Zielinski Abernathy Bergstrand Castellano Delacroix`),
  street: split(`Molenweg Kastanjelaan Havenkade Lindenstrasse Bahnhofsallee Rosengasse Zuiderpad Kerkplein
    Wilgenhof Sluisdijk Dorpsstraat Parklaan Beukendreef Marktgasse Seepromenade Steenweg Torenplein Vennelaan
    Brouwersgracht Schoolpad Weidenring Ulmenweg Hafenstieg Fontaneplatz Ruedesjardins Quaiduport Viaroma Calledelsol`),
  mailhost: [
    'postvak.example',
    'brievenbus.example',
    'mailkasten.example',
    'courrier.example',
    'skrzynka.example',
  ],
  adjective:
    split(`Foldable Quiet Solid Compact Rustic Featherlight Waterproof Classic Modular Handmade Sturdy
    Cordless Stackable Insulated Adjustable Recycled Polished Travel Garden Nordic`),
  material: split(
    `oak bamboo steel cotton linen wool cork glass ceramic aluminium leather canvas beech slate`,
  ),
  thing:
    split(`kettle lamp stool blanket backpack notebook teapot shelf bench hammock lantern cushion mug tray
    planter bicycle-bell toolbox raincoat thermos clock mirror basket desk footrest umbrella apron cutlery-set`),
  category: split(
    `Kitchen Living Bedroom Garden Workshop Travel Office Bathroom Children Cycling Lighting Textiles`,
  ),
  supplier:
    split(`Noordzee Alpenrose Meridiaan Vuurtoren Zilverberg Ambachts Waterkant Heidebloem Sterrenlicht
    Kompas Bronwater Kettingbrug Zandloper Windroos Lichtmast`),
  carrier: split('TulpExpress PolderPost RapidoCargo NordPaket'),
  colour: split('anthracite ivory ochre teal burgundy moss sand navy'),
  praise: [
    'Does exactly what it should and looks good doing it.',
    'Arrived sooner than promised, well packed.',
    'Second one I buy; the first went to my sister.',
    'Smaller than I expected, but well made.',
    'The lid sticks a little. Otherwise fine.',
    'After three weeks the handle came off.',
    'My neighbours asked where it came from.',
    'Good for the price, no more and no less.',
  ],
  problem: [
    'my parcel has not arrived although tracking says it was delivered',
    'one of the items was damaged when I opened the box',
    'I was charged twice for the same order',
    'I would like to change the delivery address',
    'the colour is not the one I ordered',
    'the discount code was not accepted',
    'how do I send one item back',
    'I need an invoice with our VAT number',
  ],
  answer: [
    'We have asked the carrier to look into it and come back to you within two working days.',
    'A replacement leaves our warehouse tomorrow; you may keep the first one.',
    'The amount is on its way back to your account.',
    'We have changed it for you, no further action is needed.',
    'Please use the label in the attachment; returning it is free of charge.',
  ],
  reason: [
    'Too small',
    'Damaged',
    'Arrived too late',
    'Not as described',
    'Changed my mind',
    'Wrong item sent',
  ],
};

/** Where customers live: city, country and how postcodes begin there. */
export const PLACES: readonly (readonly [string, string, string])[] = [
  ['Utrecht', 'NL', '35'], ['Groningen', 'NL', '97'], ['Zwolle', 'NL', '80'], ['Breda', 'NL', '48'],
  ['Haarlem', 'NL', '20'], ['Nijmegen', 'NL', '65'], ['Gent', 'BE', '90'], ['Leuven', 'BE', '30'],
  ['Brugge', 'BE', '80'], ['Namur', 'BE', '50'], ['Bremen', 'DE', '282'], ['Leipzig', 'DE', '041'],
  ['Freiburg', 'DE', '791'], ['Kassel', 'DE', '341'], ['Lille', 'FR', '590'], ['Nantes', 'FR', '440'],
  ['Grenoble', 'FR', '380'], ['Graz', 'AT', '80'], ['Linz', 'AT', '40'], ['Aarhus', 'DK', '80'],
  ['Odense', 'DK', '50'], ['Malmo', 'SE', '211'], ['Uppsala', 'SE', '753'], ['Krakow', 'PL', '30'],
  ['Gdansk', 'PL', '80'], ['Brno', 'CZ', '602'], ['Bologna', 'IT', '401'], ['Trieste', 'IT', '341'],
  ['Valencia', 'ES', '460'], ['Bilbao', 'ES', '480'],
]; // prettier-ignore

/** Where the shop sells: code, name, currency, VAT in percent. */
export const COUNTRIES: readonly (readonly [string, string, string, number])[] = [
  ['NL', 'Netherlands', 'EUR', 21], ['BE', 'Belgium', 'EUR', 21], ['DE', 'Germany', 'EUR', 19],
  ['FR', 'France', 'EUR', 20], ['AT', 'Austria', 'EUR', 20], ['DK', 'Denmark', 'DKK', 25],
  ['SE', 'Sweden', 'SEK', 25], ['PL', 'Poland', 'PLN', 23], ['CZ', 'Czechia', 'CZK', 21],
  ['IT', 'Italy', 'EUR', 22], ['ES', 'Spain', 'EUR', 21], ['IE', 'Ireland', 'EUR', 23],
]; // prettier-ignore

function split(text: string): string[] {
  return text.trim().split(/\s+/);
}
