//go:build unix

package postgres

import (
	"sync"
	"testing"
)

func TestMigrate_Concurrent(t *testing.T) {
	db := newTestDB(t)
	execute(t, db, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := Migrate(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if names, err := Installations(t.Context(), db); err != nil || len(names) != 0 {
		t.Errorf("got %v, %v, want no installations", names, err)
	}
}
