/* What other rooms keep of an enquiry: which one it is. */
#ifndef CITYHALL_APP_ENQUIRIES_REF_H
#define CITYHALL_APP_ENQUIRIES_REF_H

#include <stdint.h>

struct enquiry_ref {
	int64_t party, id; /* whose question; id 0: none */
};

#endif
