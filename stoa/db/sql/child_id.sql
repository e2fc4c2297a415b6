-- The id of the n-th row that belongs to a parent: the same as stoa.kernel.ids.child_id gives.
CREATE OR REPLACE FUNCTION stoa.child_id(p_parent uuid, p_n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(overlay(uuid_send(p_parent) PLACING substring(int8send(p_n) FROM 5) FROM 13), 'hex')::uuid;
GRANT EXECUTE ON FUNCTION stoa.child_id(uuid, bigint) TO stoa_server, stoa_reader;
