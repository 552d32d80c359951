package bulk

import (
	"errors"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Progress is the state of a run. Inputs that the journal records as done are not counted.
type Progress struct {
	Done      int              // outcomes, including the one that is yielded next
	Failed    int              // outcomes with an error
	Ambiguous int              // failed outcomes whose errors match client.ErrMaybeApplied
	Rate      float64          // outcomes per second since the first one; 0 for the first one
	Limit     client.RateLimit // from the latest response; zero before the first response
}

// add counts an outcome. first is the time of the first one.
func (p *Progress) add(err error, limit client.RateLimit, first time.Time) {
	p.Done++
	if err != nil {
		p.Failed++
	}
	if errors.Is(err, client.ErrMaybeApplied) {
		p.Ambiguous++
	}
	if limit.Known {
		p.Limit = limit
	}
	if elapsed := time.Since(first).Seconds(); elapsed > 0 {
		p.Rate = float64(p.Done-1) / elapsed
	}
}
