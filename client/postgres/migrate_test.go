//go:build unix

package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
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

func TestReadMigration_NumericOrder(t *testing.T) {
	files := fstest.MapFS{}
	for version := 1; version <= 11; version++ {
		files[fmt.Sprintf("migrations/%d_name.sql", version)] = &fstest.MapFile{Data: []byte(strconv.Itoa(version))}
	}
	for version := 1; version <= 11; version++ {
		if got, err := readMigration(files, version); err != nil || got != strconv.Itoa(version) {
			t.Errorf("version %d: got %q, %v", version, got, err)
		}
	}
	if _, err := readMigration(files, 12); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}
