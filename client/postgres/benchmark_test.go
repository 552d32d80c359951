//go:build unix

package postgres

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkPacer measures the reservations per second of many connections, with and without the
// statement that confirms a start. Each limit is used at its full rate, so that its row has as many
// starts as in practice.
func BenchmarkPacer(b *testing.B) {
	for _, limits := range []int{1, 100, 1000} {
		for _, confirm := range []bool{false, true} {
			name := fmt.Sprintf("reserve/limits=%d", limits)
			if confirm {
				name = fmt.Sprintf("reserve and confirm/limits=%d", limits)
			}
			b.Run(name, func(b *testing.B) {
				db := newTestDB(b)
				db.SetMaxOpenConns(20)
				db.SetMaxIdleConns(20)
				process, err := NewPacers(db, PacerSettings{Interval: min(time.Duration(limits)*20*time.Millisecond, 10*time.Second)})
				if err != nil {
					b.Fatal(err)
				}
				pacers := make([]*pacer, limits)
				for i := range pacers {
					pacers[i] = process.Pacer(strconv.Itoa(i)).(*pacer) //nolint:forcetypeassert // it returns a *pacer
					if _, err := pacers[i].reserve(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				var next atomic.Int64
				b.SetParallelism(10)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						p := pacers[int(next.Add(1))%limits]
						reserved, _, err := p.limits.reserve(b.Context(), p.epoch, nil)
						if err == nil && confirm {
							_, err = p.limits.confirm(b.Context(), &reserved)
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			})
		}
	}
}

// BenchmarkTokenStore_Refresh measures refreshes of many installations. Each refresh acquires the
// lease, calls the fake, and stores the new pair.
func BenchmarkTokenStore_Refresh(b *testing.B) {
	const installations = 100
	db, api := newTestDB(b), newTestAPI(b)
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	sources := make(chan func() error, installations)
	for n := range installations {
		install(b, api, db, strconv.Itoa(n))
		source := newTestSource(api.URL, db, strconv.Itoa(n), leaseDuration)
		sources <- func() error {
			token, err := source.Token(b.Context())
			source.Invalidate(token)
			return err
		}
	}
	b.SetParallelism(10)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			refresh := <-sources
			if err := refresh(); err != nil {
				b.Error(err)
			}
			sources <- refresh
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "refreshes/s")
}
