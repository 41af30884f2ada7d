// A page of text: what it has for the hand beside the eye.

import { offerCopies } from "course/copying";

offerCopies(document);
