// Package cassette records what a vendor's sandbox answers, once, and replays it in
// every test from then on.
//
//	transport := cassette.Open(t, "testdata/payouts", cassette.Options{
//		Record:  os.Getenv("KVITT_RECORD") != "",
//		Secrets: []string{os.Getenv("PSP_API_KEY")},
//	})
//	client := upstream.New(upstream.Config{Transport: transport, ...}, call)
//
// What is written to the file holds no secret and no personal data: credentials
// stay out whatever form they take, headers are left out but for a few, and fields
// that name people or hold keys are blanked in JSON, forms and queries. Read the
// file all the same before it is committed: only you know what else is in it.
//
// It is for tests alone, so that no connector contains it.
package cassette
