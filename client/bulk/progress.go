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
	Rate      float64          // outcomes per second, over the latest 200; 0 for the first one
	Limit     client.RateLimit // from the latest response; zero before the first response
}

// rateWindow is the number of outcomes from which Progress.Rate is computed.
const rateWindow = 200

// progress counts the outcomes of a run.
type progress struct {
	Progress
	times [rateWindow]time.Time // the times of the latest outcomes, as a ring buffer
}

func (p *progress) add(err error, limit client.RateLimit) {
	now := time.Now()
	p.times[p.Done%rateWindow] = now
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
	oldest := p.times[max(0, p.Done-rateWindow)%rateWindow]
	if elapsed := now.Sub(oldest).Seconds(); elapsed > 0 {
		p.Rate = float64(min(p.Done, rateWindow)-1) / elapsed
	}
}
