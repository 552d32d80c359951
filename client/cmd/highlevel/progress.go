package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how much is done and how long the rest takes: as a bar on a terminal, and as a line
// every five seconds elsewhere.
type progress struct {
	to      io.Writer
	unit    string
	bar     *progressbar.ProgressBar // nil without a terminal
	started time.Time
	shown   time.Time
	first   int // done before the start
}

func newProgress(to io.Writer, unit string, done int) *progress {
	p := &progress{to: to, unit: unit, started: time.Now(), shown: time.Now(), first: done}
	if file, ok := to.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(to), progressbar.OptionSetDescription(unit), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return p
}

// show shows that done of total units are done.
func (p *progress) show(done, total int) {
	if p.bar != nil {
		p.bar.ChangeMax(max(total, done, 1))
		_ = p.bar.Set(done) // a terminal that is gone is no reason to end
		return
	}
	if now := time.Now(); now.Sub(p.shown) >= 5*time.Second {
		p.shown = now
		fmt.Fprintln(p.to, p.line(done, total, now.Sub(p.started)))
	}
}

func (p *progress) line(done, total int, elapsed time.Duration) string {
	text := fmt.Sprintf("%d of %d %s", done, total, p.unit)
	if done > p.first && total > done {
		left := time.Duration(float64(elapsed) / float64(done-p.first) * float64(total-done))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // as above
	}
}
