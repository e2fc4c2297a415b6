-- Carts about to be bought: one for every row of the temporary table `numbered` (n, token_hash).
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT n, stoa.child_id('$carts', n) AS cart, stoa.child_id('$quotes', n) AS quote, stoa.child_id('$contacts', n) AS contact,
       token_hash, timestamptz '$now' AS at, 'open' AS state
  FROM numbered;
