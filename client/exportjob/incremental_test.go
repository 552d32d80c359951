//go:build unix

package exportjob

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// mirror returns settings that keep the table mirror in step, with dateUpdated as the guard.
func mirror(settings Settings) Settings {
	settings.Sink = func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		batch := &pgx.Batch{}
		for i := range contacts {
			batch.Queue(`INSERT INTO mirror AS m (location_id, id, updated, city) VALUES ($1, $2, $3, $4)
				ON CONFLICT (location_id, id) DO UPDATE SET updated = excluded.updated, city = excluded.city WHERE m.updated <= excluded.updated`,
				locationID, contacts[i].ID, contacts[i].DateUpdated, contacts[i].City)
			batch.Queue(`INSERT INTO exported (run, location_id, id) VALUES ($1, $2, $3)`, "", locationID, fmt.Sprint(contacts[i].ID, " ", contacts[i].DateUpdated.UnixMilli()))
		}
		return tx.SendBatch(ctx, batch).Close()
	}
	settings.Stored = func(ctx context.Context, tx pgx.Tx, locationID string) ([]string, error) {
		rows, err := tx.Query(ctx, `SELECT id FROM mirror WHERE location_id = $1`, locationID)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}
	settings.Missing = func(ctx context.Context, tx pgx.Tx, locationID string, ids []string) error {
		_, err := tx.Exec(ctx, `DELETE FROM mirror WHERE location_id = $1 AND id = ANY($2)`, locationID, ids)
		return err
	}
	return settings
}

func createMirror(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	execute(t, db, `CREATE TABLE mirror (location_id text, id text, updated timestamptz, city text, PRIMARY KEY (location_id, id))`)
}

// checkMirror checks that the table mirror has the contacts of the fake.
func checkMirror(t *testing.T, db *pgxpool.Pool, api *clienttest.Server) {
	t.Helper()
	got := query[[]string](t, db, `SELECT coalesce(array_agg(rtrim(concat_ws(' ', location_id, id, (extract(epoch FROM updated) * 1000)::bigint, city))), '{}') FROM mirror`)
	want := []string{}
	for _, contact := range api.Contacts() {
		line := fmt.Sprint(contact.LocationID, " ", contact.ID, " ", contact.DateUpdated.UnixMilli(), " ", contact.City)
		want = append(want, strings.TrimSuffix(line, " "))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mirror differs from the API (-want +got):\n%s", diff)
	}
}

// mirrorTest is a mirror of a location of a fake.
type mirrorTest struct {
	db  *pgxpool.Pool
	api *clienttest.Server
	rc  *river.Client[pgx.Tx]
	run int
}

func newMirrorTest(t *testing.T, contacts int, settings Settings, opts ...clienttest.Option) *mirrorTest {
	t.Helper()
	m := &mirrorTest{db: connect(t, newDatabase(t)), api: newAPI(t, contacts, opts...)}
	createMirror(t, m.db)
	settings = mirror(settings)
	m.rc = newRiver(t, m.db, newWorker(sameClient(m.api.Client(client.WithPacer(client.Unpaced{}))), settings.Sink, settings))
	return m
}

// export runs an export to its end. It returns the export, the number of contacts that the sink
// received, and the operations of the requests.
func (m *mirrorTest) export(t *testing.T, since time.Time) (e Export, received int, operations string) {
	t.Helper()
	m.run++
	m.api.ClearRequests()
	execute(t, m.db, `TRUNCATE exported`)
	enqueued, err := Enqueue(t.Context(), m.rc, Args{LocationID: m.api.LocationID, Run: strconv.Itoa(m.run), Since: since})
	if err != nil || len(enqueued.Inserted) != 1 {
		t.Fatalf("got %v, error %v", enqueued, err)
	}
	waitFor(t, m.rc, query[int64](t, m.db, `SELECT max(id) FROM river_job`), finished)
	if distinct := query[int](t, m.db, `SELECT count(DISTINCT id) FROM exported`); distinct != query[int](t, m.db, `SELECT count(*) FROM exported`) {
		t.Error("got a contact twice with the same date")
	}
	var names []string
	for _, request := range m.api.Requests() {
		names = append(names, request.Operation)
	}
	return onlyExport(t, m.db), query[int](t, m.db, `SELECT count(*) FROM exported`), strings.Join(names, " ")
}

// newest returns the latest DateUpdated of the fake's contacts.
func (m *mirrorTest) newest() (newest time.Time) {
	for _, contact := range m.api.Contacts() {
		if contact.DateUpdated.After(newest) {
			newest = contact.DateUpdated
		}
	}
	return newest
}

// An incremental run costs what has changed since the Through of the run before.
func TestWorker_Incremental(t *testing.T) {
	t.Parallel()
	for _, contacts := range []int{0, 30, 250} {
		t.Run(fmt.Sprint(contacts, " contacts"), func(t *testing.T) {
			t.Parallel()
			m := newMirrorTest(t, contacts, Settings{})
			full, received, _ := m.export(t, time.Time{})
			if received != contacts || !full.Through.Equal(m.newest()) || !full.Since.IsZero() {
				t.Fatalf("full run: got %+v and %d contacts, want %d through %v", full, received, contacts, m.newest())
			}
			if contacts == 0 {
				return // the next run is full again
			}
			m.api.Advance(time.Hour)
			if _, err := m.api.Client().Contacts.Create(t.Context(), client.CreateContactRequest{Email: "new@example.com"}); err != nil {
				t.Fatal(err)
			}
			for _, contact := range m.api.Contacts()[5:8] {
				if _, err := m.api.Client().Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
					t.Fatal(err)
				}
			}
			changed, received, operations := m.export(t, full.Through)
			if received < 4 || received > 4+contacts || operations != "searchContacts" || !changed.Through.Equal(m.newest()) {
				t.Errorf("got %d contacts, requests %s, %+v, want 4 contacts and those of the overlap, one request", received, operations, changed)
			}
			checkMirror(t, m.db, m.api)
			m.api.Advance(time.Hour)
			unchanged, _, operations := m.export(t, changed.Through)
			if operations != "searchContacts" || !unchanged.Through.Equal(changed.Through) || !unchanged.Since.Equal(changed.Through.Add(-2*time.Minute)) {
				t.Errorf("without a change: got requests %s, %+v, want one request and the same Through", operations, unchanged)
			}
		})
	}
}

// The contact that was updated last can be deleted: the next run then sees only earlier ones.
func TestState_Add_ThroughDoesNotMoveBack(t *testing.T) {
	t.Parallel()
	through := time.Unix(100, 0)
	s := state{updatedSince: time.Unix(1, 0), through: through}
	s.add(&client.Page{Contacts: []client.Contact{{ID: "a", DateUpdated: time.Unix(50, 0)}}})
	if !s.through.Equal(through) {
		t.Errorf("got %v, want %v", s.through, through)
	}
}

// A contact that is updated while a run reads its pages is received again: by the same run if that
// is incremental, and otherwise by the next one, because Through is not after the update.
func TestWorker_UpdateBetweenPages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		since    time.Time
		received int
	}{{"incremental", time.Unix(1, 0), 251}, {"full", time.Time{}, 250}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMirrorTest(t, 250, Settings{})
			stop(t, m.rc.StopAndCancel)
			before, updated := m.newest(), ""
			settings := mirror(Settings{Slice: 1})
			sink := settings.Sink
			settings.Sink = func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
				if updated == "" {
					updated = contacts[0].ID
					if _, err := m.api.Client().Contacts.Update(ctx, updated, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
						return err
					}
				}
				return sink(ctx, tx, locationID, contacts)
			}
			m.rc = newRiver(t, m.db, newWorker(sameClient(m.api.Client()), settings.Sink, settings))
			e, received, _ := m.export(t, row.since)
			if received != row.received || e.Contacts != row.received {
				t.Errorf("got %d contacts, %+v, want %d", received, e, row.received)
			}
			if row.since.IsZero() {
				if !e.Through.Equal(before) {
					t.Errorf("got Through %v, want %v, before the update", e.Through, before)
				}
				e, _, _ = m.export(t, e.Through)
			}
			if !e.Through.Equal(m.newest()) {
				t.Errorf("got Through %v, want %v", e.Through, m.newest())
			}
			checkMirror(t, m.db, m.api)
		})
	}
}

// A full run reports the contacts that the API does not know, and only those.
func TestWorker_Missing(t *testing.T) {
	t.Parallel()
	const deleted = checksPerTransaction + 5
	m := newMirrorTest(t, 60, Settings{Slice: 1}, clienttest.WithBehavior(clienttest.Behavior{SearchLag: time.Minute}))
	m.api.Advance(time.Hour)
	m.export(t, time.Time{})
	for _, contact := range m.api.Contacts()[:deleted] {
		if err := m.api.Client().Contacts.Delete(t.Context(), contact.ID); err != nil {
			t.Fatal(err)
		}
	}
	m.api.Advance(time.Hour)
	late, err := m.api.Client().Contacts.Create(t.Context(), client.CreateContactRequest{Email: "late@example.com"}) // the index does not show it yet
	if err != nil {
		t.Fatal(err)
	}
	execute(t, m.db, `INSERT INTO mirror VALUES ($1, $2, $3)`, m.api.LocationID, late.ID, late.DateUpdated)
	_, received, operations := m.export(t, time.Time{})
	if want := strings.Repeat("searchContacts ", 2) + strings.TrimSpace(strings.Repeat("getContact ", deleted+1)); received != 60-deleted || operations != want {
		t.Errorf("got %d contacts, requests %s, want %d, %s", received, operations, 60-deleted, want)
	}
	checkMirror(t, m.db, m.api)
	if n := query[int](t, m.db, `SELECT count(*) FROM highlevel_exports_seen`); n != 0 {
		t.Errorf("got %d IDs that remain stored, want 0", n)
	}
}
