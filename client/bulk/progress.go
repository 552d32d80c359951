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

// progress counts the outcomes of a run.
type progress struct {
	Progress

	first time.Time // time of the first outcome
}

func (p *progress) add(err error, limit client.RateLimit) {
	if p.Done == 0 {
		p.first = time.Now()
	}
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
	if elapsed := time.Since(p.first).Seconds(); elapsed > 0 {
		p.Rate = float64(p.Done-1) / elapsed
	}
}
