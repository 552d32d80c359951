package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// errUsage is an error of the command line, which the flag set has already told about.
var errUsage = errors.New("usage")

// settings are what the command line says.
type settings struct {
	address         string
	token           string
	location        string
	seed            string
	contacts        int
	rate            rate
	allowDuplicates bool
	faults          string
	state           string
	validate        bool
	verbose         bool
}

func parseSettings(args []string, out io.Writer) (*settings, error) {
	s := &settings{rate: rate{clienttest.ProductionLimit}}
	flags := flag.NewFlagSet("fakehighlevel", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, "fakehighlevel is a HighLevel Contacts API to develop and test against.\n\nUsage: fakehighlevel [flags]\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&s.address, "addr", "127.0.0.1:8787", "listen on `address`; port 0 is any free one")
	flags.StringVar(&s.token, "token", "pit-3b1f0d52-6a7c-4e0d-9a41-5c2f7e8d9b10", "accept this private integration `token`")
	flags.StringVar(&s.location, "location", "ve9EPM428h8vShlRW1KT", "be this location, by `id`")
	flags.StringVar(&s.seed, "seed", "", "begin with the contacts in `file`, one JSON object a line")
	flags.IntVar(&s.contacts, "contacts", 25, "without -seed: begin with so many made-up contacts")
	flags.Var(&s.rate, "rate", "allow so many requests in any window of time, as in 25/10s, or 25/10s,10000 with a limit a day; \"off\" is no limit")
	flags.BoolVar(&s.allowDuplicates, "allow-duplicates", false, "allow contacts with the same e-mail address or phone number")
	flags.StringVar(&s.faults, "faults", "", "go wrong as the JSON in `file` says; see ReadFaults in package clienttest")
	flags.StringVar(&s.state, "state", "", "keep the contacts in `file`; -seed and -contacts count only while it is empty")
	flags.BoolVar(&s.validate, "validate", true, "check requests and answers against the OpenAPI document")
	flags.BoolVar(&s.verbose, "v", false, "log queries and bodies too, which hold personal data")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errors.Join(errUsage, err)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(out, "unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return nil, errUsage
	}
	return s, nil
}

// rate is a rate limit as the command line writes it.
type rate struct{ clienttest.RateLimit }

// String implements flag.Value.
func (r *rate) String() string {
	if r.RateLimit == (clienttest.RateLimit{}) {
		return "off"
	}
	text := fmt.Sprintf("%d/%s", r.Max, r.Interval)
	if r.Daily > 0 {
		text += "," + strconv.Itoa(r.Daily)
	}
	return text
}

// Set implements flag.Value.
func (r *rate) Set(text string) error {
	if text == "off" {
		r.RateLimit = clienttest.RateLimit{}
		return nil
	}
	burst, daily, hasDaily := strings.Cut(text, ",")
	requests, window, _ := strings.Cut(burst, "/")
	limit := clienttest.RateLimit{Daily: clienttest.ProductionLimit.Daily}
	var errs [3]error
	limit.Max, errs[0] = strconv.Atoi(requests)
	limit.Interval, errs[1] = time.ParseDuration(window)
	if hasDaily {
		limit.Daily, errs[2] = strconv.Atoi(daily)
	}
	if errors.Join(errs[:]...) != nil || limit.Max <= 0 || limit.Interval <= 0 || limit.Daily < 0 {
		return errors.New(`write it like 100/10s or 100/10s,200000, or "off"`)
	}
	r.RateLimit = limit
	return nil
}
