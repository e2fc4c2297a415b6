-- Carts that were bought: numbers $first to $last of $count, spread evenly over the days from $since to $until.
-- Each row's ids are UUIDs of its own instant: the cart's ten minutes before the order's.
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT n, uuidv7(bought - interval '10 minutes' - clock_timestamp()) AS cart,
       uuidv7(bought - interval '1 minute' - clock_timestamp()) AS quote,
       uuidv7(bought - interval '2 minutes' - clock_timestamp()) AS contact,
       sha256(('cart ' || n)::bytea) AS token_hash, bought - interval '10 minutes' AS at, 'completed' AS state,
       uuidv7(bought - clock_timestamp()) AS placed, $number + n AS number, bought
  FROM generate_series($first::bigint, $last) n
 CROSS JOIN LATERAL (SELECT timestamptz '$since' + (timestamptz '$until' - timestamptz '$since') * (n / $count.0) AS bought
                     OFFSET 0) b;
