-- A row of highlevel_limits is a rate limit: at most "requests" requests start in every window of
-- "interval" microseconds. All times are microseconds since 1970 on the clock of the server, and
-- all durations are microseconds.
--
-- A start counts for longer than the interval, because requests that start one interval apart may
-- arrive closer together. Half of the margin, the difference, is for requests that start late.
--
-- A slot is the start of one request. starts and ids describe the slots of the requests that have
-- started and of the callers that wait, ordered by start. Requests of other programs have the ID 0.
CREATE UNLOGGED TABLE highlevel_limits (
	name         text PRIMARY KEY,
	epoch        bigint NOT NULL,           -- when the row was created; differs after the table was emptied
	requests     int    NOT NULL,
	"interval"   bigint NOT NULL,
	span         bigint NOT NULL,           -- how long a start counts, see below
	starts       bigint[] NOT NULL,
	ids          bigint[] NOT NULL,
	last_id      bigint NOT NULL,           -- of the newest slot
	paused_until bigint NOT NULL DEFAULT 0, -- after a response with status 429
	daily_until  bigint NOT NULL DEFAULT 0  -- the daily limit is exhausted until then
) WITH (fillfactor = 50);                   -- leaves room for new versions of a row on its page

-- highlevel_next returns the earliest start after the first n slots. The start of a slot that
-- does not exist is null, which greatest ignores, so the result is null if n is 0.
--
-- The minimum distance between two starts spreads those of a window over a quarter of the interval.
-- Requests that start at the same time in many processes would delay each other and arrive in a
-- later window.
CREATE FUNCTION highlevel_next(l highlevel_limits, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT greatest(l.starts[n] + l.interval / (4 * l.requests), l.starts[n - l.requests + 1] + l.span) $$;

-- highlevel_arrange moves the slots that start after server_time to later starts if the limit or
-- the pause of the row requires it. It preserves their order. width_bucket returns the number of
-- starts that are not after a time.
CREATE FUNCTION highlevel_arrange(l highlevel_limits, server_time bigint)
RETURNS highlevel_limits LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN width_bucket(server_time, l.starts) + 1 .. cardinality(l.starts) LOOP
		l.starts[i] := greatest(l.starts[i], l.paused_until, highlevel_next(l, i - 1));
	END LOOP;
	RETURN l;
END
$$;

-- highlevel_insert inserts slots in front of those that start after server_time. The start of the
-- new slots is server_time or later.
CREATE FUNCTION highlevel_insert(l highlevel_limits, server_time bigint, start bigint, new_ids bigint[])
RETURNS highlevel_limits LANGUAGE plpgsql AS $$
DECLARE
	n int := width_bucket(server_time, l.starts);
BEGIN
	l.starts := l.starts[:n] || array_fill(start, ARRAY[cardinality(new_ids)]) || l.starts[n + 1:];
	l.ids := l.ids[:n] || new_ids || l.ids[n + 1:];
	RETURN highlevel_arrange(l, server_time);
END
$$;

-- highlevel_reserve adds a slot to a limit and returns it. It adds none, and taken is false, if
-- the slot would start more than max_wait after now, if the daily limit is exhausted, or if the
-- rest of a pause is longer than max_pause. A max_wait of null is no limit. It returns no row if
-- the limit does not exist or has another epoch. tolerance is how late the request may start
-- without a confirmation.
--
-- used is the number of requests in the API's window, as a response has reported it, and sent_ago
-- is how long ago the request of that response was sent. Both are null if no response has reported
-- a number. Counted requests that have no slot are those of other programs, and receive slots that
-- start now.
CREATE FUNCTION highlevel_reserve(
	limit_name text, known_epoch bigint, max_wait bigint, max_pause bigint, used int, sent_ago bigint,
	OUT taken boolean, OUT id bigint, OUT start bigint, OUT tolerance bigint, OUT server_time bigint,
	OUT requests int, OUT "interval" bigint, OUT paused_until bigint, OUT daily_until bigint
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	l      highlevel_limits;
	n      int;
	others int := 0;
BEGIN
	SELECT * INTO l FROM highlevel_limits WHERE name = limit_name FOR UPDATE;
	IF NOT FOUND OR l.epoch <> known_epoch THEN
		RETURN;
	END IF;
	server_time := highlevel_now();

	-- Slots remain for two windows, because used describes the window before a request was sent.
	n := width_bucket(server_time - 2 * l.span, l.starts);
	l.starts := l.starts[n + 1:];
	l.ids := l.ids[n + 1:];
	IF sent_ago < l.span THEN
		-- A request may have been sent, and may have arrived, a little later than its slot started.
		others := least(used, l.requests) - width_bucket(server_time, l.starts)
			+ width_bucket(server_time - sent_ago - l.span - (l.span - l.interval), l.starts);
		IF others > 0 THEN
			l := highlevel_insert(l, server_time, server_time, array_fill(0::bigint, ARRAY[others]));
		END IF;
	END IF;

	start := greatest(server_time, l.paused_until, highlevel_next(l, cardinality(l.starts)));
	taken := l.daily_until <= server_time
		AND l.paused_until - server_time <= max_pause
		AND coalesce(start - server_time <= max_wait, true);
	IF taken THEN
		l.last_id := l.last_id + 1;
		l.starts := l.starts || start;
		l.ids := l.ids || l.last_id;
	END IF;
	IF taken OR others > 0 THEN
		UPDATE highlevel_limits SET starts = l.starts, ids = l.ids, last_id = l.last_id WHERE name = limit_name;
	END IF;
	id := l.last_id;
	tolerance := (l.span - l.interval) / 2;
	requests := l.requests;
	"interval" := l.interval;
	paused_until := l.paused_until;
	daily_until := l.daily_until;
	RETURN NEXT;
END
$$;

-- highlevel_confirm returns the start of a slot. The request may start if that is not after
-- server_time. It returns no row if the slot does not exist.
CREATE FUNCTION highlevel_confirm(
	limit_name text, slot_id bigint,
	OUT start bigint, OUT server_time bigint, OUT paused_until bigint, OUT daily_until bigint
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	l highlevel_limits;
	n int;
BEGIN
	SELECT * INTO l FROM highlevel_limits WHERE name = limit_name;
	n := array_position(l.ids, slot_id);
	IF n IS NULL THEN
		RETURN;
	END IF;
	server_time := highlevel_now();
	IF server_time - l.starts[n] > (l.span - l.interval) / 2 OR l.starts[n] <= server_time AND server_time < l.paused_until THEN
		-- The request is late by more than half of the margin, or a pause began after the start of
		-- its slot. The slot moves to the end of the pause, or to now. If it is late by a whole
		-- window, other requests may have started in its place, and it is lost.
		SELECT * INTO l FROM highlevel_limits WHERE name = limit_name FOR UPDATE;
		n := array_position(l.ids, slot_id);
		server_time := highlevel_now();
		IF n IS NULL OR server_time - l.starts[n] > l.span THEN
			RETURN;
		END IF;
		l.starts := l.starts[:n - 1] || l.starts[n + 1:];
		l.ids := l.ids[:n - 1] || l.ids[n + 1:];
		l := highlevel_insert(l, server_time, greatest(server_time, l.paused_until), ARRAY[slot_id]);
		n := array_position(l.ids, slot_id);
		UPDATE highlevel_limits SET starts = l.starts, ids = l.ids WHERE name = limit_name;
	END IF;
	start := l.starts[n];
	paused_until := l.paused_until;
	daily_until := l.daily_until;
	RETURN NEXT;
END
$$;

-- highlevel_release removes a slot, if it exists.
CREATE FUNCTION highlevel_release(limit_name text, slot_id bigint) RETURNS void LANGUAGE sql AS $$
	UPDATE highlevel_limits SET
		starts = starts[:array_position(ids, slot_id) - 1] || starts[array_position(ids, slot_id) + 1:],
		ids = array_remove(ids, slot_id)
	WHERE name = limit_name AND array_position(ids, slot_id) IS NOT NULL
$$;

-- highlevel_change stores the limit and the pauses that a response has reported. Parameters that
-- are 0 change nothing.
CREATE FUNCTION highlevel_change(
	limit_name text, new_requests int, new_interval bigint, new_span bigint, pause bigint, daily_reset bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	l           highlevel_limits;
	server_time bigint;
BEGIN
	SELECT * INTO l FROM highlevel_limits WHERE name = limit_name FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	server_time := highlevel_now();
	l.requests := coalesce(nullif(new_requests, 0), l.requests);
	l.interval := coalesce(nullif(new_interval, 0), l.interval);
	l.span := coalesce(nullif(new_span, 0), l.span);
	IF pause > 0 THEN
		l.paused_until := greatest(l.paused_until, server_time + pause);
	END IF;
	IF daily_reset > 0 THEN
		l.daily_until := greatest(l.daily_until, server_time + daily_reset);
	END IF;
	l := highlevel_arrange(l, server_time);
	UPDATE highlevel_limits SET
		requests = l.requests, "interval" = l.interval, span = l.span, starts = l.starts,
		paused_until = l.paused_until, daily_until = l.daily_until
	WHERE name = limit_name;
END
$$;

-- highlevel_join creates the limit if it does not exist, adds starts of the caller to it, and
-- returns its epoch. If that is known_epoch, the limit has the earlier starts of the caller, and
-- the function adds only the unreported ones; otherwise it adds all_starts. Each start is given as
-- its age.
--
-- The IDs of slots begin at the time at which the row was created. So the ID of a slot in a row
-- that was lost is not used again.
CREATE FUNCTION highlevel_join(
	limit_name text, new_requests int, new_interval bigint, new_span bigint, known_epoch bigint, unreported bigint[], all_starts bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	l           highlevel_limits;
	server_time bigint := highlevel_now();
BEGIN
	INSERT INTO highlevel_limits (name, epoch, requests, "interval", span, starts, ids, last_id)
	VALUES (limit_name, server_time, new_requests, new_interval, new_span, '{}', '{}', server_time)
	ON CONFLICT DO NOTHING;
	SELECT * INTO l FROM highlevel_limits WHERE name = limit_name FOR UPDATE;
	IF l.epoch = known_epoch THEN
		all_starts := unreported;
	END IF;
	IF cardinality(all_starts) > 0 THEN
		SELECT array_agg(s.start ORDER BY s.start), array_agg(s.id ORDER BY s.start) INTO l.starts, l.ids
		FROM (
			SELECT start, id FROM unnest(l.starts, l.ids) AS slots (start, id)
			UNION ALL
			SELECT server_time - age, 0 FROM unnest(all_starts) AS age
		) AS s;
		l := highlevel_arrange(l, highlevel_now());
		UPDATE highlevel_limits SET starts = l.starts, ids = l.ids WHERE name = limit_name;
	END IF;
	RETURN l.epoch;
END
$$;
