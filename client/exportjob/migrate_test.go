//go:build unix

package exportjob

import (
	"context"
	"sync"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	db := connect(t, url)
	var group sync.WaitGroup
	for range 4 {
		pool := connect(t, url)
		group.Go(func() {
			if err := Migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if exports, err := Exports(t.Context(), db); err != nil || len(exports) != 0 {
		t.Errorf("got %v, error %v, want no exports", exports, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := errorText(Migrate(ctx, db)); got != "exportjob: Migrate: context canceled" {
		t.Errorf("got the error %q", got)
	}
}
