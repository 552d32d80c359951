//go:build unix

package postgres

import (
	"sync"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

func TestMigrate_Concurrent(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.Database(t))
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
